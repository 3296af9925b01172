import { type Sinks, log, proxyActivities, proxySinks, setCurrentDetails, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { shouldContinue } from '../../src/contract/continuation.ts';
import type { Batch, DeadLetterInput, TriggerInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { restore } from '../../src/core/carried.ts';
import type { Effect } from '../../src/core/effect.ts';
import { explain } from '../../src/core/explain.ts';
import type { Fact } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { type LedgerPage, ledgerPage } from '../../src/core/ledger.ts';
import { initialState, nextDeadline, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { type Delivery, Verdicts } from '../../src/core/verdicts.ts';
import { detailsText, timerText } from '../../src/core/view.ts';
import { Starts } from './starts.ts';
import { timeText } from './text.ts';
import { MovingTimer } from './timer.ts';

/** Where decisions are told outside of history: the log and the metrics. Best effort, never repeated on replay. */
export type LedgerSinks = Sinks & { ledger: { record: (page: LedgerPage) => void } };

const { ledger } = proxySinks<LedgerSinks>();
const { openDeadLetters } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'open dead letters' });

/** The shell of one instance: carries inputs to the core, and what the core decided to Temporal. */
export class Instance {
  readonly verdicts = new Verdicts();
  readonly state: TriggerState;
  /** Continue-as-new is due; callers that wait are let go. */
  closing = false;
  signals = 0;
  tasks = 0;

  private readonly inputs: Input[] = [];
  private readonly starts: Starts;
  private readonly timer: MovingTimer;
  private paused = false;
  private due = false;
  private woken = true;
  private writing = 0;
  private readonly firstBytes = workflowInfo().historySize;
  private lastLength = 0;

  constructor(input: TriggerInput) {
    this.state = input.carried ? restore(input.carried) : initialState(input.definition);
    this.starts = new Starts(this.state.definition.name, (report) => this.push({ kind: 'startReported', report }));
    this.timer = new MovingTimer(() => {
      this.due = true;
    });
    this.push({ kind: 'definition', definition: input.definition });
    const unconfirmed = [...this.state.starting.values()];
    if (unconfirmed.length > 0) this.starts.start(unconfirmed, false);
  }

  /** Takes a batch in; called by the signal handler, so it only remembers. */
  receive(batch: Batch): void {
    this.signals += 1;
    if (batch.version !== 1) {
      log.error('a batch of an unknown version was left alone', { version: batch.version });
      return;
    }
    if (batch.definition) this.push({ kind: 'definition', definition: batch.definition });
    for (const offer of batch.offers) this.push({ kind: 'offer', offer });
    for (const report of batch.reports) this.push({ kind: 'runEnded', report });
    this.paused ||= batch.pause === true;
  }

  hasWork(): boolean {
    return this.woken || this.due || this.inputs.length > 0;
  }

  /** Decides everything that came, acts on it, and arms the timer for what is due next. */
  work(): void {
    this.countTask();
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    for (const input of this.inputs.splice(0)) this.take(input, facts, effects);
    const next = nextDeadline(this.state);
    if (next && next.at <= Date.now()) this.take({ kind: 'tick' }, facts, effects);
    this.due = false;
    this.woken = false;
    this.act(effects);
    if (facts.length > 0) ledger.record(ledgerPage(this.state, facts));
    this.timer.arm(nextDeadline(this.state)?.at, () => timerText(this.state, timeText));
    setCurrentDetails(detailsText(this.state, timeText));
    this.closing ||= this.shouldContinue(this.paused);
    this.paused = false;
  }

  /** Whether the run may end now: due, and nothing started in it is still on its way unless that cannot wait. */
  mayContinue(): boolean {
    const settled = this.starts.pending === 0 && this.writing === 0;
    return this.closing && (settled || this.shouldContinue(false));
  }

  private shouldContinue(paused: boolean): boolean {
    const { historySize, continueAsNewSuggested } = workflowInfo();
    const { signals, tasks, firstBytes } = this;
    return shouldContinue(
      { signals, tasks, historyBytes: historySize, firstBytes, suggested: continueAsNewSuggested },
      paused,
    );
  }

  private push(input: Input): void {
    this.inputs.push(input);
  }

  private countTask(): void {
    const { historyLength } = workflowInfo();
    if (historyLength !== this.lastLength) this.tasks += 1;
    this.lastLength = historyLength;
  }

  private take(input: Input, facts: Fact[], effects: Effect[]): void {
    const delivery: Delivery | undefined = input.kind === 'offer' ? input.offer : undefined;
    if (delivery) this.verdicts.expect(delivery);
    const stepped = step(this.state, input, Date.now());
    for (const fact of stepped.facts) {
      this.verdicts.observe(fact, delivery);
      facts.push(fact);
    }
    effects.push(...stepped.effects);
  }

  private act(effects: readonly Effect[]): void {
    const starts = effects.filter((effect) => effect.kind === 'startRun');
    const letters = effects.filter((effect) => effect.kind === 'deadLetter');
    for (const sole of [true, false]) {
      const runs = starts.filter((effect) => effect.sole === sole).map((effect) => effect.run);
      if (runs.length > 0) this.starts.start(runs, sole);
    }
    if (letters.length > 0) this.write(letters.map((letter) => this.letterOf(letter)));
  }

  private write(letters: readonly DeadLetterInput[]): void {
    this.writing += 1;
    void openDeadLetters(letters).finally(() => {
      this.writing -= 1;
    });
  }

  private letterOf({ offer, code, reason }: Extract<Effect, { kind: 'deadLetter' }>): DeadLetterInput {
    const { eventId, key, event, receivedAt } = offer;
    const entry = { at: receivedAt, id: eventId, key, detail: explain(reason, timeText), ...(event && { event }) };
    const { name, generation } = this.state.definition;
    return { version: 1, of: 'events', trigger: name, generation, code, place: 'dedupe', entries: [entry] };
  }
}
