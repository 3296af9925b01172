import { carry, restore } from '../../src/core/carried.ts';
import { nextDeadline } from '../../src/core/due.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact, RunRequest, StartReport } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { initialState, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Definition } from '../../src/spec/definition.ts';
import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';
import type { Runs } from './runs.ts';
import type { Trouble, Weather } from './weather.ts';

type Task = { readonly inputs: readonly Input[]; readonly nowMs: number };
type Decided = { readonly facts: readonly Fact[]; readonly effects: readonly Effect[] };

/** Who looks at what the instance does. */
export type InstanceWatch = {
  readonly commits: (decided: Decided, state: TriggerState) => void;
  /** The state made a round trip, or was folded anew from what is in history. */
  readonly resumes: (state: TriggerState) => void;
  /** Replaying history must give what was decided. */
  readonly differs: (what: string) => void;
};

/** Tasks after which a run surely continues as new: as in the shell, so that a replay stays short. */
const TASKS_MAX = 400;
const CONTINUES = 0.01;
const CRASHES = 0.004;
const TERMINATED = 0.0005;

/**
 * One instance as Temporal would run it: a task decides all that came, then everything it decided is committed at once, or
 * nothing is. After a crash history is replayed and the task is decided again, with what came meanwhile, at a later time.
 */
export class Instance {
  #state: TriggerState;
  /** The state its run began with, as JSON, and what its run committed since. */
  #carried: string;
  #tasks: Task[] = [];
  #mark: string;
  /** Committed inputs that wait for a task: signals come before results of activities, as in an activation. */
  #signals: Input[] = [];
  #results: Input[] = [];
  /** Counts runs of the workflow: results for an earlier one are lost. */
  #run = 0;
  #isTerminated = false;
  #taskAt = Infinity;

  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #without: ReadonlySet<Trouble>;
  readonly #runs: Runs;
  readonly #watch: InstanceWatch;

  constructor(
    definition: Definition,
    world: {
      readonly agenda: Agenda;
      readonly random: Random;
      readonly weather: Weather;
      readonly without: ReadonlySet<Trouble>;
      readonly runs: Runs;
      readonly watch: InstanceWatch;
    },
  ) {
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#weather = world.weather;
    this.#without = world.without;
    this.#runs = world.runs;
    this.#watch = world.watch;
    this.#state = initialState(definition);
    this.#carried = JSON.stringify(carry(this.#state));
    this.#mark = markOf(this.#state);
    this.#plan(this.#agenda.now);
  }

  get state(): TriggerState {
    return this.#state;
  }

  /** How much that was committed waits for a task. */
  get undecided(): number {
    return this.#signals.length + this.#results.length;
  }

  /** Signals are in history: whatever happens, they will be decided. One that finds no run starts one. */
  signal(...inputs: readonly Input[]): void {
    this.#signals.push(...inputs);
    if (this.#isTerminated) this.#begin();
    this.#plan(this.#agenda.now + this.#random.int(1, 40));
  }

  /** A person terminates the run in the middle of whatever it does. */
  terminate(): void {
    this.#isTerminated = true;
  }

  #has(trouble: Trouble): boolean {
    return !this.#without.has(trouble) && !this.#runs.settled;
  }

  /** Plans the next task, at the earliest when a worker is there. */
  #plan(moment: number): void {
    const at = this.#weather.workerAt(moment);
    if (at >= this.#taskAt && this.#taskAt >= this.#agenda.now) return;
    this.#taskAt = at;
    this.#agenda.at(at, () => {
      if (this.#taskAt !== this.#agenda.now) return;
      this.#taskAt = Infinity;
      this.#work();
    });
  }

  #work(): void {
    if (this.#isTerminated) return;
    const nowMs = this.#weather.serverTime(this.#agenda.now);
    const task = { inputs: [...this.#signals, ...this.#results], nowMs };
    const decided = decide(this.#state, task);
    if (this.#has('crashes') && this.#random.chance(CRASHES)) return this.#crash();
    this.#signals = [];
    this.#results = [];
    this.#tasks.push(task);
    this.#mark = markOf(this.#state);
    this.#watch.commits(decided, this.#state);
    for (const effect of decided.effects) this.#act(effect);
    this.#armTimer();
    if (this.#has('terminations') && this.#random.chance(TERMINATED)) return this.terminate();
    const isDue = this.#tasks.length >= TASKS_MAX;
    if (isDue || (this.#has('continueAsNew') && this.#random.chance(CONTINUES))) this.#begin();
  }

  /** The worker dies before the task is committed. */
  #crash(): void {
    this.#state = restore(JSON.parse(this.#carried));
    for (const task of this.#tasks) decide(this.#state, task);
    const mark = markOf(this.#state);
    if (mark !== this.#mark) this.#watch.differs(`${this.#mark} was committed, replaying gives ${mark}`);
    this.#watch.resumes(this.#state);
    this.#plan(this.#agenda.now + this.#random.magnitude(100, 60_000));
  }

  /** The next run takes the state over, from the one that continued as new or was ended from outside. */
  #begin(): void {
    this.#isTerminated = false;
    this.#carried = JSON.stringify(carry(this.#state));
    this.#tasks = [];
    this.#state = restore(JSON.parse(this.#carried));
    this.#mark = markOf(this.#state);
    this.#results = [];
    this.#run += 1;
    this.#watch.resumes(this.#state);
    for (const run of this.#state.starting.values()) this.#start(run);
    this.#armTimer();
    if (this.#signals.length > 0) this.#plan(this.#agenda.now);
  }

  #armTimer(): void {
    const due = nextDeadline(this.#state);
    if (!due) return;
    const { now } = this.#agenda;
    // A timer counts by the server's clock as it is now; when that was set back meanwhile it is armed again.
    this.#plan(now + Math.max(1, due.at - this.#weather.serverTime(now)));
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case 'startRun':
        return this.#start(effect.run);
      case 'cancelRun':
        this.#activity(() => {
          this.#runs.cancel(effect.runId);
          return [];
        });
        return;
      case 'checkRuns':
        this.#activity(() =>
          effect.runIds.flatMap((runId): readonly Input[] => {
            const report = this.#runs.lookUp(runId, effect.key);
            return report ? [{ kind: 'runEnded', report }] : [];
          }),
        );
        return;
      case 'deadLetter':
      case 'replayLetters':
    }
  }

  /** An activity starts the run; where its reply is lost it does so again. */
  #start(run: RunRequest): void {
    const began = this.#run;
    const isSlow = this.#has('outages') && this.#random.chance(0.002);
    const latencyMs = isSlow ? this.#random.magnitude(60_000, 3_600_000) : this.#random.int(5, 100);
    this.#agenda.at(this.#weather.workerAt(this.#agenda.now + latencyMs), () => {
      const isRepeated = this.#has('repeatedStarts') && this.#random.chance(0.05);
      if (isRepeated) this.#runs.start(run);
      this.#report(run, began);
    });
  }

  #report(run: RunRequest, began: number): void {
    const report: StartReport = { runId: run.runId, outcome: this.#runs.start(run) };
    this.#result(began, [{ kind: 'startReported', report }]);
  }

  #activity(act: () => readonly Input[]): void {
    const began = this.#run;
    const at = this.#weather.workerAt(this.#agenda.now + this.#random.int(5, 500));
    this.#agenda.at(at, () => this.#result(began, act()));
  }

  #result(began: number, inputs: readonly Input[]): void {
    if (began !== this.#run || this.#isTerminated || inputs.length === 0) return;
    this.#results.push(...inputs);
    this.#plan(this.#agenda.now + this.#random.int(1, 20));
  }
}

/** Decides all that came, then what is due by now: what a task of the workflow does. */
function decide(state: TriggerState, { inputs, nowMs }: Task): Decided {
  const facts: Fact[] = [];
  const effects: Effect[] = [];
  const take = (input: Input) => {
    const stepped = step(state, input, nowMs);
    facts.push(...stepped.facts);
    effects.push(...stepped.effects);
  };
  for (const input of inputs) take(input);
  if ((nextDeadline(state)?.at ?? Infinity) <= nowMs) take({ kind: 'tick' });
  return { facts, effects };
}

/** Tells two states apart, cheaply. */
function markOf(state: TriggerState): string {
  const { seq, clock, pendingItems, pendingBytes, keyBytes, turns, seen, keys, starting } = state;
  const sizes = [seen.size, keys.size, starting.size];
  return [seq, clock, pendingItems, pendingBytes, keyBytes, turns, ...sizes].join(' ');
}
