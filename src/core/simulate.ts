import type { Definition } from '../spec/definition.ts';
import { Deadlines } from './deadlines.ts';
import type { Effect } from './effect.ts';
import type { Fact, RunReport, RunRequest, StartReport } from './fact.ts';
import type { Input } from './input.ts';
import { nextDeadline } from './due.ts';
import { initialState, type TriggerState } from './state.ts';
import { step } from './step.ts';

/** How a run goes: when it ends, counted from its start, and how. */
export type RunCourse = { readonly takesMs: number; readonly status: RunReport['status'] };

/**
 * Tells how a run goes, or that its id is known already and nothing starts. `startedAt` is epoch milliseconds. A run whose
 * id is still running is answered by the simulation itself.
 */
export type RunModel = (run: RunRequest, startedAt: number) => RunCourse | Exclude<StartReport['outcome'], 'started'>;

export type SimulationOptions = {
  readonly runs: RunModel;
  /** Where virtual time begins, epoch milliseconds. */
  readonly startAt: number;
  /** Takes every fact as it happens; nothing keeps them. */
  readonly onFact: (fact: Fact) => void;
};

/** How far `finish` goes without an end named: longer than the longest duration a definition may name, ten years. */
const FINISH_MAX_MS = 4_000 * 86_400_000;
/** Digits of a run's number, so that text sorts as the numbers do. */
const NUMBER_DIGITS = 12;

type Running = { readonly place: string; readonly run: RunRequest; endsAt: number; status: RunReport['status'] };

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
  readonly #ends = new Deadlines();
  #started = 0;

  constructor(definition: Definition, options: SimulationOptions) {
    this.state = initialState(definition);
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
      const end = this.#nextEnd();
      const at = Math.min(deadlineAt, end?.endsAt ?? Infinity);
      if (at > untilMs) break;
      this.#clock = Math.max(this.#clock, at);
      if (deadlineAt <= at) this.#step({ kind: 'tick' });
      else if (end) this.#end(end);
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
    while (this.state.pendingItems > 0 || this.#running.size > 0) {
      const at = Math.min(nextDeadline(this.state)?.at ?? Infinity, this.#nextEnd()?.endsAt ?? Infinity);
      if (at > untilMs) break;
      this.advance(at);
    }
  }

  #nextEnd(): Running | undefined {
    const next = this.#ends.next((place) => this.#running.get(runIdAt(place))?.endsAt);
    return next && this.#running.get(runIdAt(next.key));
  }

  #step(input: Input): void {
    const { facts, effects } = step(this.state, input, this.#clock);
    for (const fact of facts) this.#options.onFact(fact);
    for (const effect of effects) this.#act(effect);
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'startRun':
        this.#start(effect.run);
        return;
      case 'cancelRun':
        this.#cancel(effect.runId);
        return;
      case 'deadLetter':
      // Runs end only as the model says, so there is none to look for.
      case 'checkRuns':
    }
  }

  #start(run: RunRequest): void {
    const { runId } = run;
    const course = this.#courseOf(run);
    const outcome = typeof course === 'string' ? course : 'started';
    if (typeof course !== 'string') {
      this.#started += 1;
      const place = `${String(this.#started).padStart(NUMBER_DIGITS, '0')} ${runId}`;
      const endsAt = this.#clock + course.takesMs;
      this.#running.set(runId, { place, run, endsAt, status: course.status });
      this.#ends.set(place, endsAt);
    }
    this.#step({ kind: 'startReported', report: { runId, outcome } });
  }

  #courseOf(run: RunRequest): ReturnType<RunModel> {
    if (this.#running.has(run.runId)) return 'alreadyStarted';
    const course = this.#options.runs(run, this.#clock);
    const isShadow = typeof course !== 'string' && run.mode === 'shadow';
    return isShadow ? { takesMs: 0, status: 'succeeded' } : course;
  }

  /** A run that is told to end does so at this moment. */
  #cancel(runId: string): void {
    const running = this.#running.get(runId);
    if (!running) return;
    running.status = 'cancelled';
    running.endsAt = this.#clock;
    this.#ends.set(running.place, this.#clock);
  }

  #end({ place, run, status }: Running): void {
    const { runId, key, firedAt } = run;
    this.#running.delete(runId);
    this.#ends.set(place, undefined);
    this.#step({ kind: 'runEnded', report: { runId, key, status, firedAt, endedAt: this.#clock } });
  }
}

function runIdAt(place: string): string {
  return place.slice(NUMBER_DIGITS + 1);
}
