import { condition, type Sinks, log, patched, proxySinks, setCurrentDetails, workflowInfo } from '@temporalio/workflow';

import { shouldContinue } from '../../src/contract/continuation.ts';
import type { OrderAnswer, OrderMessage, TriggerInput } from '../../src/contract/messages.ts';
import { numberBefore } from '../../src/contract/numbering.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import type { LastState, Recovery } from '../../src/contract/recovery.ts';
import { carry, restore } from '../../src/core/carried.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { type LedgerEntry, type LedgerPage, ledgerPage } from '../../src/core/ledger.ts';
import { nextDeadline } from '../../src/core/due.ts';
import { initialState, pressureOf, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { type Delivery, Verdicts } from '../../src/core/verdicts.ts';
import { clip, detailsText, timerText } from '../../src/core/view.ts';
import { Drain } from './drain.ts';
import { Letters } from './letters.ts';
import { RunningRuns } from './running.ts';
import { Starts } from './starts.ts';
import { timeText } from './text.ts';
import { MovingTimer } from './timer.ts';

/** Where decisions are told outside of history: the log and the metrics. Best effort, never repeated on replay. */
type LedgerSinks = Sinks & { ledger: { record: (page: LedgerPage) => void } };

const { ledger } = proxySinks<LedgerSinks>();

/** Of why a state was lost, as the details show it. */
const LOST_TEXT_MAX_CHARS = 300;

/** Entries that an answer to an order lists, and event ids of each: a resume may decide thousands at once. */
const ANSWERED_MAX = 100;
const IDS_ANSWERED_MAX = 20;

/** Runs that began before count from 1: what their history tells again must have the numbers it had. */
function firstSeq(early: boolean): number {
  return !early && patched('numbers-by-second') ? numberBefore(workflowInfo().startTime.getTime()) : 0;
}

function brief(entry: LedgerEntry): LedgerEntry {
  return entry.eventIds === undefined ? entry : { ...entry, eventIds: entry.eventIds.slice(0, IDS_ANSWERED_MAX) };
}

/** The shell of one instance: carries inputs to the core, and what the core decided to Temporal. */
export class Instance {
  readonly verdicts = new Verdicts();
  state: TriggerState;
  /** Has its state: of this run from the start on, else after it looked for what an ended run left. */
  ready = false;
  /** Continue-as-new is due; callers that wait are let go. */
  closing = false;
  signals = 0;
  tasks = 0;
  /** Signals of which a part could not be used. */
  refused = 0;

  private readonly early: boolean;
  /** What it took over from an ended run, in a sentence. */
  private recovery: string | undefined;
  private readonly inputs: Input[] = [];
  /** Who waits for the facts of an order. */
  private readonly orders = new Map<Input, (facts: readonly Fact[]) => void>();
  private readonly starts: Starts;
  private readonly letters = new Letters();
  drain: Drain;
  private readonly running: RunningRuns;
  private readonly timer: MovingTimer;
  private paused = false;
  private due = false;
  private woken = true;
  private readonly firstBytes = workflowInfo().historySize;
  private lastLength = 0;

  /** `early`: it began when runs of one offer were started within the task. */
  constructor(input: TriggerInput, early: boolean) {
    this.early = early;
    this.state = input.carried ? restore(input.carried) : initialState(input.definition, firstSeq(early));
    this.starts = new Starts(this.state.definition.name, early, (report) =>
      this.push({ kind: 'startReported', report: { ...report, heardAt: Date.now() } }),
    );
    this.running = new RunningRuns(this.state.definition.name, (report) => this.push({ kind: 'runEnded', report }));
    this.drain = new Drain(input.spill, () => this.wake());
    this.timer = new MovingTimer(() => {
      this.due = true;
    });
    this.push({ kind: 'definition', definition: input.definition });
    this.startAgain();
  }

  /**
   * Goes on where an ended run stopped: with its state, then with what it was sent and did not decide, and only then with
   * what came to this run.
   */
  takeOver({ ended, carried, letters, spill, lost }: Recovery, undecided: readonly unknown[]): void {
    if (carried) this.state = restore(carried);
    const announced = this.drain.carry()?.segments ?? [];
    if (spill) this.drain = new Drain(spill, () => this.wake());
    for (const segment of announced) this.drain.announce(segment);
    const later = this.inputs.splice(0);
    const last = ended.at(-1);
    if (!this.early && (last || lost !== undefined)) {
      const taken = { status: last?.status ?? 'UNKNOWN', ...(lost !== undefined && { lost }), heardAt: Date.now() };
      this.push({ kind: 'recovered', taken });
    }
    for (const batch of undecided) this.read(batch);
    this.inputs.push(...later);
    this.startAgain();
    this.letters.again(letters);
    const from = last ? `run \`${last.runId}\`, which ended as ${last.status}` : 'an earlier run';
    const and = `${undecided.length} of its signals came after its last decision and are decided here.`;
    if (lost !== undefined) {
      this.recovery = `**Begun empty**: the state of ${from} is lost: ${clip(lost, LOST_TEXT_MAX_CHARS)}. ${and}`;
    } else if (last) this.recovery = `**Taken over** from ${from}. ${and}`;
  }

  /** What the next run needs if this one ends otherwise than by continue-as-new. */
  lastState(): LastState {
    const { historyLength } = workflowInfo();
    if (!this.ready) return { decidedUpTo: 0, letters: [] };
    const spill = this.drain.carry();
    return {
      carried: carry(this.state),
      decidedUpTo: historyLength,
      letters: [...this.letters.pending],
      ...(spill && { spill }),
    };
  }

  /** Takes a batch in, whatever it is; called by the signal handler, so it only remembers. */
  receive(batch: unknown): void {
    this.signals += 1;
    this.wake();
    this.paused = this.read(batch) || this.paused;
  }

  /** Takes an order in, under the definition of whoever gave it; resolves with what was decided about it. */
  async order({ order, definition }: OrderMessage): Promise<OrderAnswer> {
    this.wake();
    if (definition.name === this.state.definition.name) this.push({ kind: 'definition', definition });
    // What is due goes first, so that what is answered came of the order alone.
    this.push({ kind: 'tick' });
    let decided: readonly LedgerEntry[] | undefined;
    this.orders.set(order, (facts) => {
      decided = ledgerPage(this.state, facts).entries;
    });
    this.push(order);
    await condition(() => decided !== undefined);
    const entries = decided ?? [];
    return { entries: entries.slice(0, ANSWERED_MAX).map(brief), more: Math.max(0, entries.length - ANSWERED_MAX) };
  }

  /** Turns a batch into inputs; whether its sender pauses after it. */
  private read(batch: unknown): boolean {
    const { offers, reports, approvals, segments, definition, pause, refused } = readBatch(batch);
    if (refused.length > 0) this.refuse(refused.join(', '));
    const isOwn = definition?.name === this.state.definition.name;
    if (definition && !isOwn) this.refuse('the definition of another trigger');
    if (definition && isOwn) this.push({ kind: 'definition', definition });
    for (const offer of offers) this.push({ kind: 'offer', offer });
    for (const segment of segments) this.drain.announce(segment);
    // Before the ends: a run that asked counts before it is over.
    for (const report of approvals) this.push({ kind: 'runApproved', report });
    for (const report of reports) this.push({ kind: 'runEnded', report });
    return pause;
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
    // Nobody else sends while offers are kept aside, so this is a good time to continue as new.
    const drained = this.drain.take(
      () => pressureOf(this.state),
      (batch) => {
        this.read(batch);
        for (const input of this.inputs.splice(0)) this.take(input, facts, effects);
      },
    );
    this.paused ||= drained;
    const next = nextDeadline(this.state);
    if (next && next.at <= Date.now()) this.take({ kind: 'tick' }, facts, effects);
    this.due = false;
    this.woken = false;
    this.act(effects);
    if (facts.length > 0) ledger.record(ledgerPage(this.state, facts));
    this.timer.arm(nextDeadline(this.state)?.at, () => timerText(this.state, timeText));
    const details = detailsText(this.state, timeText);
    setCurrentDetails(this.recovery === undefined ? details : `${details}\n\n${this.recovery}`);
    this.closing ||= this.shouldContinue(this.paused);
    this.paused = false;
    if (!this.closing) this.drain.goOn(this.state.definition.name, () => pressureOf(this.state));
  }

  /**
   * Whether the run may end now: due, everything decided, and nothing started in it is still on its way. Past the hard
   * limits it does not wait for starts, for unconfirmed runs are carried; dead letters are not.
   */
  mayContinue(): boolean {
    if (!this.closing || this.hasWork() || this.letters.pending.size > 0) return false;
    if (this.running.pending > 0) return false;
    return (this.starts.pending === 0 && this.drain.pending === 0) || this.shouldContinue(false);
  }

  private shouldContinue(paused: boolean): boolean {
    const { historySize, continueAsNewSuggested } = workflowInfo();
    const { signals, tasks, firstBytes } = this;
    return shouldContinue(
      { signals, tasks, historyBytes: historySize, firstBytes, suggested: continueAsNewSuggested },
      paused,
    );
  }

  /** Starts what was decided and not confirmed; the run ids make it harmless. */
  private startAgain(): void {
    const unconfirmed = [...this.state.starting.values()];
    if (unconfirmed.length > 0) this.starts.start(unconfirmed);
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
    this.orders.get(input)?.(stepped.facts);
    this.orders.delete(input);
  }

  private act(effects: readonly Effect[]): void {
    const letters = effects.filter((effect) => effect.kind === 'deadLetter');
    this.starts.act(effects);
    if (letters.length > 0) this.letters.events(this.state, letters);
    this.running.act(effects);
  }

  private onConflict(runId: string): void {
    const run = this.state.starting.get(runId);
    if (run) this.letters.conflict(this.state, run, Date.now());
  }
}
