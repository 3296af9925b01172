import type { RunRequest } from '../core/fact.ts';

/** Runs of one side remembered until the other side has them too: the same events make the same run, some time apart. */
const UNMATCHED_MAX = 20_000;
/** Runs shown of each side, and event ids of each. */
const EXAMPLES_MAX = 5;
const EVENT_IDS_MAX = 5;
const DAY_MS = 86_400_000;

/** A run that only one of two definitions makes. */
export type Differing = Pick<RunRequest, 'runId' | 'key' | 'cause' | 'firedAt'> & {
  readonly eventCount: number;
  /** The first of them. */
  readonly eventIds: readonly string[];
};

/** Runs that the definitions at hand make and the live ones do not, and the other way round. */
export type Side = 'gained' | 'lost';

/**
 * Finds the runs that differ between two definitions of a trigger. A run id is made of trigger, key, cause and events, so
 * equal runs have equal ids, whenever they start. Bounded: a run that stays alone while 20,000 others of its side come
 * counts as one that differs.
 */
export class Differences {
  readonly #alone = { gained: new Map<string, Differing>(), lost: new Map<string, Differing>() };
  readonly examples: { readonly [side in Side]: Differing[] } = { gained: [], lost: [] };
  readonly byDay = new Map<string, { gained: number; lost: number }>();
  gained = 0;
  lost = 0;

  take(side: Side, run: RunRequest): void {
    const others = this.#alone[side === 'gained' ? 'lost' : 'gained'];
    if (others.delete(run.runId)) return;
    const mine = this.#alone[side];
    const { runId, key, cause, firedAt, items } = run;
    const eventIds = items.slice(0, EVENT_IDS_MAX).map(({ eventId }) => eventId);
    mine.set(runId, { runId, key, cause, firedAt, eventCount: items.length, eventIds });
    if (mine.size <= UNMATCHED_MAX) return;
    for (const [oldest, differing] of mine) {
      mine.delete(oldest);
      this.#count(side, differing);
      return;
    }
  }

  /** No more runs come: what is alone now differs. */
  end(): void {
    for (const side of ['gained', 'lost'] as const) {
      for (const differing of this.#alone[side].values()) this.#count(side, differing);
      this.#alone[side].clear();
    }
  }

  #count(side: Side, differing: Differing): void {
    this[side] += 1;
    const { firedAt } = differing;
    const day = new Date(Math.floor(firedAt / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
    const counts = this.byDay.get(day) ?? { gained: 0, lost: 0 };
    counts[side] += 1;
    this.byDay.set(day, counts);
    if (this.examples[side].length < EXAMPLES_MAX) this.examples[side].push(differing);
  }
}
