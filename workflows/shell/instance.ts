import { type Sinks, log, proxySinks, setCurrentDetails, workflowInfo } from '@temporalio/workflow';

import { shouldContinue } from '../../src/contract/continuation.ts';
import type { TriggerInput } from '../../src/contract/messages.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import { restore } from '../../src/core/carried.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { type LedgerPage, ledgerPage } from '../../src/core/ledger.ts';
import { initialState, nextDeadline, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { type Delivery, Verdicts } from '../../src/core/verdicts.ts';
import { detailsText, timerText } from '../../src/core/view.ts';
import { Letters } from './letters.ts';
import { Starts } from './starts.ts';
import { timeText } from './text.ts';
import { MovingTimer } from './timer.ts';

/** Where decisions are told outside of history: the log and the metrics. Best effort, never repeated on replay. */
type LedgerSinks = Sinks & { ledger: { record: (page: LedgerPage) => void } };

const { ledger } = proxySinks<LedgerSinks>();

/** The shell of one instance: carries inputs to the core, and what the core decided to Temporal. */
export class Instance {
  readonly verdicts = new Verdicts();
  readonly state: TriggerState;
  /** Continue-as-new is due; callers that wait are let go. */
  closing = false;
  signals = 0;
  tasks = 0;
  /** Signals of which a part could not be used. */
  refused = 0;

  private readonly inputs: Input[] = [];
  private readonly starts: Starts;
  private readonly letters = new Letters();
  private readonly timer: MovingTimer;
  private paused = false;
  private due = false;
  private woken = true;
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

  /** Takes a batch in, whatever it is; called by the signal handler, so it only remembers. */
  receive(batch: unknown): void {
    this.signals += 1;
    this.wake();
    const { offers, reports, definition, pause, refused } = readBatch(batch);
    if (refused.length > 0) this.refuse(refused.join(', '));
    const isOwn = definition?.name === this.state.definition.name;
    if (definition && !isOwn) this.refuse('the definition of another trigger');
    if (definition && isOwn) this.push({ kind: 'definition', definition });
    for (const offer of offers) this.push({ kind: 'offer', offer });
    for (const report of reports) this.push({ kind: 'runEnded', report });
    this.paused ||= pause;
  }

  /** Every task counts towards continue-as-new, whether or not it brings something to decide. */
  wake(): void {
    this.woken = true;
  }

  /** Counts a signal of which a part is left alone. */
  refuse(what: string): void {
    this.refused += 1;
    this.wake();
    log.error('a signal was left alone, or a part of it', { what });
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

  /**
   * Whether the run may end now: due, everything decided, and nothing started in it is still on its way. Past the hard
   * limits it does not wait for starts, for unconfirmed runs are carried; dead letters are not.
   */
  mayContinue(): boolean {
    if (!this.closing || this.hasWork() || this.letters.pending > 0) return false;
    return this.starts.pending === 0 || this.shouldContinue(false);
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
    if (input.kind === 'startReported' && input.report.outcome === 'conflict') this.onConflict(input.report.runId);
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
    if (letters.length > 0) this.letters.events(this.state, letters);
  }

  private onConflict(runId: string): void {
    const run = this.state.starting.get(runId);
    if (run) this.letters.conflict(this.state, run, Date.now());
  }
}
