import type { RunReport, RunRequest, StartReport } from '../../src/core/fact.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/given.ts';
import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';
import type { Trouble } from './weather.ts';

type Ended = Pick<RunReport, 'status' | 'endedAt'>;
type Known = { readonly run: RunRequest; readonly isOurs: boolean; ended?: Ended };

/** What a run tells its instance, as a signal that comes at least once. */
export type Told =
  | { readonly kind: 'runApproved'; readonly run: RunRequest; readonly approvedAt: number }
  | { readonly kind: 'runEnded'; readonly report: RunReport };

/** What the workflows of runs are told apart by: `begins` when one really starts, `ends` when it is really over. */
export type RunsWatch = {
  readonly begins: (run: RunRequest) => void;
  readonly ends: (run: RunRequest) => void;
  readonly tells: (told: Told) => void;
};

/** Ends of which the run could not tell: it was terminated by hand. Others fail as often as this. */
const LOST = 0.02;
const FAILS = 0.15;
const FOREIGN = 0.003;

/**
 * The run workflows of one trigger, as a namespace keeps them: one for each id for good, which the id and the hash of its
 * members tell from others.
 */
export class Runs {
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #without: ReadonlySet<Trouble>;
  readonly #watch: RunsWatch;
  readonly #known = new Map<string, Known>();
  /** Runs take about so long, milliseconds. */
  readonly #takesMs: number;
  /** From now on everything goes well, soon. */
  settled = false;

  constructor(agenda: Agenda, random: Random, without: ReadonlySet<Trouble>, watch: RunsWatch) {
    this.#agenda = agenda;
    this.#random = random;
    this.#without = without;
    this.#watch = watch;
    this.#takesMs = random.magnitude(10 * SECOND, 2 * HOUR);
  }

  /** Starts the workflow of a run with REJECT_DUPLICATE. */
  start(run: RunRequest): StartReport['outcome'] {
    const known = this.#known.get(run.runId);
    if (known) return known.isOurs && known.run.members === run.members ? 'alreadyStarted' : 'conflict';
    const isForeign = !this.settled && !this.#without.has('foreignRuns') && this.#random.chance(FOREIGN);
    this.#known.set(run.runId, { run, isOurs: !isForeign });
    if (isForeign) return 'conflict';
    this.#watch.begins(run);
    if (run.asks) this.#ask(run);
    else this.#work(run);
    return 'started';
  }

  /** Asks a run to end: it does so soon, unless it has ended. */
  cancel(runId: string): void {
    const known = this.#known.get(runId);
    if (known) this.#agenda.after(this.#random.int(10, 5_000), () => this.#end(known.run, 'cancelled'));
  }

  /** How a run ended, as a look at its workflow tells: nothing while it goes on, cancelled where there is none. */
  lookUp(runId: string, key: string): RunReport | undefined {
    const known = this.#known.get(runId);
    if (!known) return { runId, key, status: 'cancelled' };
    return known.ended && { runId, key: known.run.key, ...known.ended };
  }

  #ask(run: RunRequest): void {
    this.#agenda.after(this.#random.magnitude(SECOND, DAY), () => {
      if (this.#known.get(run.runId)?.ended) return;
      if (this.#random.chance(0.4)) return this.#end(run, 'rejected');
      this.#tell({ kind: 'runApproved', run, approvedAt: this.#agenda.now });
      this.#work(run);
    });
  }

  #work(run: RunRequest): void {
    if (run.mode === 'shadow') return this.#end(run, 'succeeded');
    const takesMs = this.settled ? MINUTE : this.#random.spaced(this.#takesMs);
    this.#agenda.after(takesMs, () => this.#end(run, this.#status()));
  }

  #status(): RunReport['status'] {
    if (this.settled || !this.#random.chance(FAILS)) return 'succeeded';
    return this.#random.pick('failed', 'failed', 'timedOut', 'cancelled', 'deadLettered', 'skipped');
  }

  #end(run: RunRequest, status: RunReport['status']): void {
    const known = this.#known.get(run.runId);
    if (!known || known.ended) return;
    known.ended = { status, endedAt: this.#agenda.now };
    this.#watch.ends(run);
    const isLost = !this.#without.has('lostEnds') && this.#random.chance(LOST);
    if (isLost) return;
    const { runId, key, firedAt } = run;
    this.#tell({ kind: 'runEnded', report: { runId, key, firedAt, ...known.ended } });
  }

  #tell(told: Told): void {
    this.#agenda.after(this.#random.int(1, 200), () => this.#watch.tells(told));
    const isRepeated = !this.#without.has('repeatedReports') && this.#random.chance(0.05);
    if (isRepeated) this.#agenda.after(this.#random.magnitude(SECOND, HOUR), () => this.#watch.tells(told));
  }
}
