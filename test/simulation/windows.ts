import type { Fact, FactOf } from '../../src/core/fact.ts';
import { isDebounce } from '../../src/core/stages/window.ts';
import { promise } from './violation.ts';

type Pause = readonly [fromAt: number, untilAt: number];
type Open = { readonly opened: FactOf<'windowOpened'>; lastAt: number };
type Wait = { readonly at: number; readonly ms: number };

/** The pauses of the trigger and of each key, and how long they stood still together. */
class Pauses {
  readonly #over: { readonly key?: string; readonly span: Pause }[] = [];

  see({ key, sinceAt, at }: FactOf<'resumed'>): void {
    this.#over.push({ ...(key !== undefined && { key }), span: [sinceAt, at] });
  }

  /** When a time of `ms` that began at `from` is over for a key: while it was paused no time passed. */
  end(name: string, { at: from, ms }: Wait): number {
    const spans = this.#over
      .filter(({ key, span }) => (key === undefined || key === name) && span[1] > from)
      .map(({ span }) => span)
      .sort((one, other) => one[0] - other[0]);
    let endAt = from + ms;
    let coveredUntil = from;
    for (const [fromAt, untilAt] of spans) {
      if (fromAt >= endAt) break;
      const begin = Math.max(fromAt, coveredUntil);
      if (untilAt > begin) endAt += untilAt - begin;
      coveredUntil = Math.max(coveredUntil, untilAt);
    }
    return endAt;
  }
}

/** Windows end at their time, whenever a worker comes to it; what expires does so at its time. */
export class Windows {
  readonly #open = new Map<string, Open>();
  readonly #tallies = new Map<string, Wait[]>();
  /** By part and key. */
  readonly #parts = new Map<string, Wait>();
  /** What left its window last. */
  #leaving: readonly Wait[] = [];
  readonly #pauses = new Pauses();
  #previous: Fact | undefined;

  see(fact: Fact): void {
    const { at } = fact;
    if (fact.kind === 'resumed') this.#pauses.see(fact);
    else if (fact.kind === 'windowOpened') this.#open.set(fact.key, { opened: fact, lastAt: at });
    else if (fact.kind === 'windowExtended') this.#extend(fact);
    else if (fact.kind === 'windowClosed') this.#close(fact);
    else if (fact.kind === 'unitTallied') this.#tallyOf(fact.key).push({ at, ms: fact.settings.withinMs });
    else if (fact.kind === 'tallyTaken') this.#leaving = this.#tallyOf(fact.key).splice(0, fact.count);
    else if (fact.kind === 'partFilled') {
      this.#parts.set(`${fact.part} ${fact.key}`, { at, ms: fact.settings.withinMs });
    } else if (fact.kind === 'partsTaken') {
      this.#leaving = fact.parts.flatMap((part) => this.#parts.get(`${part} ${fact.key}`) ?? []);
    } else if (fact.kind === 'eventsSuppressed') this.#suppress(fact);
    this.#previous = fact;
  }

  #extend({ key, at }: FactOf<'windowExtended'>): void {
    const open = this.#open.get(key);
    if (open) open.lastAt = at;
  }

  #close({ key, at }: FactOf<'windowClosed'>): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (!open) return;
    const { settings, at: openedAt } = open.opened;
    const quietMs = isDebounce(settings) ? settings.quietMs : Infinity;
    const quietAt = this.#pauses.end(key, { at: open.lastAt, ms: quietMs });
    const dueAt = Math.min(quietAt, this.#pauses.end(key, { at: openedAt, ms: settings.maxWaitMs ?? Infinity }));
    const isReached = this.#previous?.kind === 'unitCollected' && this.#previous.key === key;
    promise(isReached ? at <= dueAt : at === dueAt, () => {
      return `windows end at their time: the one of ${JSON.stringify(key)} was due at ${dueAt}, ended at ${at}`;
    });
  }

  #tallyOf(key: string): Wait[] {
    const tally = this.#tallies.get(key) ?? [];
    this.#tallies.set(key, tally);
    return tally;
  }

  #suppress({ key, reason, at }: FactOf<'eventsSuppressed'>): void {
    if (reason.kind !== 'expired' && reason.kind !== 'partMissing') return;
    for (const wait of this.#leaving) {
      const dueAt = this.#pauses.end(key, wait);
      // A definition without its part ends it sooner.
      const isOnTime = reason.kind === 'expired' ? at === dueAt : at <= dueAt;
      promise(isOnTime, () => `what expires does so at its time: ${reason.kind} at ${at}, due at ${dueAt}`);
    }
  }
}
