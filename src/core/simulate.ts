import type { Definition } from '../spec/definition.ts';
import { Deadlines } from './deadlines.ts';
import type { Effect } from './effect.ts';
import type { Fact, RunReport, RunRequest, StartReport } from './fact.ts';
import type { Input } from './input.ts';
import { nextDeadline } from './due.ts';
import { initialState, type KeyState, type TriggerState } from './state.ts';
import { step } from './step.ts';

/** How a run goes: when it ends, counted from its start and its wait for a person included, and how. */
export type RunCourse = {
  readonly takesMs: number;
  readonly status: RunReport['status'];
  /** When a person lets it go on, counted from its start; absent where it waits for nobody, or is rejected. */
  readonly approvedAfterMs?: number;
};

/**
 * Tells how a run goes, or that its id is known already and nothing starts. `startedAt` is epoch milliseconds. A run whose
 * id is still running is answered by the simulation itself.
 */
export type RunModel = (run: RunRequest, startedAt: number) => RunCourse | Exclude<StartReport['outcome'], 'started'>;

export type SimulationOptions = {
  readonly runs: RunModel;
  /** Where virtual time begins, epoch milliseconds. */
  readonly startAt: number;
  /** Where the instance stands at the beginning; used up. Without it, it is new. */
  readonly state?: TriggerState;
  /** Takes every fact as it happens; nothing keeps them. */
  readonly onFact: (fact: Fact) => void;
  /** How a run ended that the model says was there before; without it, as cancelled. */
  readonly endOf?: (runId: string) => RunReport | undefined;
  /** The facts of one step together, once all of them were told. */
  readonly onStep?: (facts: readonly Fact[]) => void;
  /** How late the next deadline or end of a run is noticed, milliseconds; without it, never late. */
  readonly lateMs?: () => number;
};

/** How far `finish` goes without an end named: past a yearly period, and soon done where a fallback fires every minute. */
const FINISH_MAX_MS = 400 * 86_400_000;
/** Digits of a run's number, so that text sorts as the numbers do. */
const NUMBER_DIGITS = 12;

/** A run that goes on, and what is next of it. */
type Running = {
  readonly place: string;
  readonly run: RunRequest;
  /** When its target is called, if it ends no sooner: a person is asked before. */
  beginsAt: number;
  endsAt: number;
  status: RunReport['status'];
  /** The instance knows that it was approved, or has not to know. */
  approvalTold: boolean;
};

/**
 * One instance in virtual time, without Temporal: deadlines fire when they are due, starts are confirmed at once, runs go
 * as the model says. It keeps nothing that grows with what has happened. At one moment deadlines come first, then ends of
 * runs in the order of their starts, then inputs.
 */
export class Simulation {
  readonly state: TriggerState;
  #clock: number;
  readonly #options: SimulationOptions;
  readonly #running = new Map<string, Running>();
  readonly #nexts = new Deadlines();
  #started = 0;

  constructor(definition: Definition, options: SimulationOptions) {
    this.state = options.state ?? initialState(definition);
    this.#options = options;
    this.#clock = options.startAt;
  }

  /** Virtual now, epoch milliseconds. */
  get clock(): number {
    return this.#clock;
  }

  /** Time passes up to `untilMs`, epoch milliseconds; everything due on the way happens at its own moment. */
  advance(untilMs: number): void {
    for (;;) {
      const deadlineAt = nextDeadline(this.state)?.at ?? Infinity;
      const run = this.#nextRun();
      const at = Math.min(deadlineAt, nextAt(run) ?? Infinity);
      if (at > untilMs) break;
      this.#clock = Math.max(this.#clock, at + (this.#options.lateMs?.() ?? 0));
      if (deadlineAt <= at) this.#step({ kind: 'tick' });
      else if (run) this.#goOn(run);
    }
    this.#clock = Math.max(this.#clock, untilMs);
  }

  /** Something happens at `atMs`, epoch milliseconds; a moment that has passed counts as now. */
  input(input: Input, atMs: number): void {
    this.advance(atMs);
    this.#step(input);
  }

  /** Time passes until no event waits and no run goes on, at most to `untilMs`, epoch milliseconds. */
  finish(untilMs: number = this.#clock + FINISH_MAX_MS): void {
    while (this.#isBusy()) {
      const at = Math.min(nextDeadline(this.state)?.at ?? Infinity, nextAt(this.#nextRun()) ?? Infinity);
      if (at > untilMs) break;
      this.advance(at);
    }
  }

  /** A candidate may wait without events: one that a person fired, or a fallback. */
  #isBusy(): boolean {
    if (this.state.pendingItems > 0 || this.#running.size > 0) return true;
    for (const { waiting } of this.state.keys.values()) if (waiting && waiting.length > 0) return true;
    return false;
  }

  #nextRun(): Running | undefined {
    const next = this.#nexts.next((place) => nextAt(this.#running.get(runIdAt(place))));
    return next && this.#running.get(runIdAt(next.key));
  }

  #step(input: Input): void {
    const { facts, effects } = step(this.state, input, this.#clock);
    for (const fact of facts) this.#options.onFact(fact);
    this.#options.onStep?.(facts);
    for (const effect of effects) this.#act(effect);
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'startRun':
        this.#start(effect.run);
        return;
      case 'cancelRun':
        this.change(effect.runId, { takesMs: 0, status: 'cancelled' });
        return;
      case 'checkRuns':
        for (const runId of effect.runIds) this.#check(runId);
        return;
      case 'deadLetter':
      case 'replayLetters':
    }
  }

  #start(run: RunRequest): void {
    const { runId } = run;
    const course = this.#courseOf(run);
    const outcome = typeof course === 'string' ? course : 'started';
    if (typeof course !== 'string') {
      this.#started += 1;
      const place = `${String(this.#started).padStart(NUMBER_DIGITS, '0')} ${runId}`;
      const { takesMs, approvedAfterMs = 0, status } = course;
      const beginsAt = status === 'rejected' ? Infinity : this.#clock + approvedAfterMs;
      const running = { place, run, beginsAt, endsAt: this.#clock + takesMs, status, approvalTold: !run.asks };
      this.#running.set(runId, running);
      this.#nexts.set(place, nextAt(running));
    }
    this.#step({ kind: 'startReported', report: { runId, outcome } });
  }

  #courseOf(run: RunRequest): ReturnType<RunModel> {
    if (this.#running.has(run.runId)) return 'alreadyStarted';
    const course = this.#options.runs(run, this.#clock);
    const isShadow = typeof course !== 'string' && run.mode === 'shadow';
    return isShadow ? { takesMs: 0, status: 'succeeded' } : course;
  }

  /** A run that goes on takes another course, counted from now: somebody has answered it, or ends it. */
  change(runId: string, { takesMs, status, approvedAfterMs }: RunCourse): void {
    const running = this.#running.get(runId);
    if (!running) return;
    if (approvedAfterMs !== undefined) running.beginsAt = this.#clock + approvedAfterMs;
    running.status = status;
    running.endsAt = this.#clock + takesMs;
    this.#nexts.set(running.place, undefined);
    this.#nexts.set(running.place, nextAt(running));
  }

  /** A run whose id was taken never went on here: nobody will tell of its end. */
  #check(runId: string): void {
    if (this.#running.has(runId)) return;
    const known = this.#options.endOf?.(runId);
    if (known) return this.#step({ kind: 'runEnded', report: known });
    const holds = ({ limits }: KeyState) => limits?.running.some((run) => run.runId === runId) === true;
    const [key = ''] = [...this.state.keys].find(([, state]) => holds(state)) ?? [];
    this.#step({ kind: 'runEnded', report: { runId, key, status: 'cancelled', endedAt: this.#clock } });
  }

  /** The next of a run happens: it is approved, or it ends. */
  #goOn(running: Running): void {
    const { place, run, status, beginsAt } = running;
    const { runId, key, firedAt, asks } = run;
    if (isApprovalNext(running)) {
      running.approvalTold = true;
      this.#nexts.set(place, nextAt(running));
      this.#step({ kind: 'runApproved', report: { runId, key, firedAt, approvedAt: beginsAt } });
      return;
    }
    this.#running.delete(runId);
    this.#nexts.set(place, undefined);
    const began = status === 'cancelled' && beginsAt > this.#clock ? ({ began: false } as const) : {};
    const counted = { ...(!asks && { firedAt }), ...began };
    this.#step({ kind: 'runEnded', report: { runId, key, status, ...counted, endedAt: this.#clock } });
  }
}

function nextAt(running: Running | undefined): number | undefined {
  return running && (isApprovalNext(running) ? running.beginsAt : running.endsAt);
}

/** An answer and an end at one moment: the answer was first. */
function isApprovalNext({ approvalTold, beginsAt, endsAt }: Running): boolean {
  return !approvalTold && beginsAt <= endsAt;
}

function runIdAt(place: string): string {
  return place.slice(NUMBER_DIGITS + 1);
}
