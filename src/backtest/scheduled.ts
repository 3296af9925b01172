import { AgeClock, type Ages } from './ages.ts';

/**
 * What a fixed schedule would have run for one trigger: at every time of the schedule one run with all data that had come
 * by then, also where none had. Data are the events the trigger counts as data, so both sides are asked about the same.
 */
export class Scheduled {
  readonly #nextAfter: (afterAt: number) => number | undefined;
  readonly #clock: AgeClock;
  #nextAt: number;
  #oldestAt: number | undefined;
  runs = 0;
  /** Runs among them without anything new. */
  emptyRuns = 0;

  constructor(nextAfter: (afterAt: number) => number | undefined, startAt: number) {
    this.#nextAfter = nextAfter;
    this.#clock = new AgeClock(startAt);
    this.#nextAt = nextAfter(startAt) ?? Infinity;
  }

  get ages(): Ages {
    return this.#clock.ages;
  }

  /** Data came. A run at the same moment takes it. */
  arrived(at: number): void {
    while (this.#nextAt < at) this.#run();
    this.#clock.passTo(at, this.#oldestAt);
    this.#oldestAt ??= at;
  }

  /** Nothing more comes until then; what is due at that moment still runs. */
  end(at: number): void {
    while (this.#nextAt <= at) this.#run();
    this.#clock.passTo(at, this.#oldestAt);
  }

  #run(): void {
    const at = this.#nextAt;
    this.#clock.passTo(at, this.#oldestAt);
    this.runs += 1;
    if (this.#oldestAt === undefined) this.emptyRuns += 1;
    this.#oldestAt = undefined;
    this.#nextAt = this.#nextAfter(at) ?? Infinity;
  }
}
