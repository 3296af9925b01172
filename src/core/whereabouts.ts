import type { StageName } from './reason.ts';
import { isDebounce } from './stages/window.ts';
import type { KeyState, TriggerState } from './state.ts';

/** Where one event is in an instance at this moment. Times are epoch milliseconds. */
export type Whereabouts = {
  /** Facts of the instance so far: what a copy of its ledger is compared with. */
  readonly seq: number;
  readonly place: Place;
};

/** `gone`: it is decided, or never came here. `events` counts what is there together, this one among them. */
export type Place =
  | { readonly kind: 'gone' }
  | { readonly kind: 'kept'; readonly sinceAt: number; readonly by: string; readonly events: number }
  | {
      readonly kind: 'gathered';
      readonly stage: StageName;
      readonly events: number;
      readonly openedAt?: number;
      /** When the window ends if nothing more comes. */
      readonly dueAt?: number;
      /** Parts that `events.all` still waits for. */
      readonly missing?: readonly string[];
      /** What the threshold has reached, and what it wants. */
      readonly reached?: number;
      readonly atLeast?: number;
    }
  | {
      readonly kind: 'waiting';
      readonly stage: StageName;
      readonly events: number;
      readonly sinceAt: number;
      /** When it is looked at again by itself; absent: when a run ends or a person acts. */
      readonly untilAt?: number;
    }
  | { readonly kind: 'starting'; readonly runId: string; readonly events: number };

/** A place where events wait. */
export type OpenPlace = Exclude<Place, { readonly kind: 'gone' | 'starting' }>;

type Holds = { readonly eventId: string };

/** Where an event of a key is. Costs one pass over what the key holds: for queries, not for steps. */
export function whereabouts(state: TriggerState, key: string, eventId: string): Whereabouts {
  const held = state.keys.get(key);
  const place = keptAt(state, held, eventId) ?? (held && openAt(held, eventId)) ?? startingAt(state, key, eventId);
  return { seq: state.seq, place: place ?? { kind: 'gone' } };
}

function keptAt(state: TriggerState, held: KeyState | undefined, eventId: string): Place | undefined {
  const pause = [state.paused, held?.paused].find((one) => one !== undefined && includes(one.kept, eventId));
  return pause && { kind: 'kept', sinceAt: pause.sinceAt, by: pause.by, events: pause.kept.length };
}

function openAt({ order, join, tally, window, waiting = [] }: KeyState, eventId: string): Place | undefined {
  const sorted = order?.sorting.find(({ unit }) => includes(unit.items, eventId));
  if (sorted) return gathered('order', order?.sorting.length ?? 1, { dueAt: sorted.dueAt });
  const part = join?.parts.find(({ unit }) => includes(unit.items, eventId));
  if (join && part) {
    const missing = join.settings.parts.filter((name) => !join.parts.some((one) => one.name === name));
    return gathered('correlate', join.parts.length, { missing, dueAt: part.expiresAt });
  }
  const tallied = tally?.units.find(({ items }) => includes(items, eventId));
  if (tally && tallied) {
    const { atLeast, withinMs } = tally.settings;
    const events = tally.units.reduce((all, { items }) => all + items.length, 0);
    return gathered('threshold', events, { reached: tally.total, atLeast, dueAt: tallied.at + withinMs });
  }
  if (window && includes(window.items, eventId)) {
    const { items, openedAt, dueAt, settings } = window;
    const ends = dueAt === undefined ? {} : { dueAt };
    return gathered(isDebounce(settings) ? 'debounce' : 'batch', items.length, { openedAt, ...ends });
  }
  const candidate = waiting.find(({ items }) => includes(items, eventId));
  if (!candidate) return undefined;
  const { stage, items, sinceAt, untilAt } = candidate;
  return { kind: 'waiting', stage, events: items.length, sinceAt, ...(untilAt !== undefined && { untilAt }) };
}

function startingAt({ starting }: TriggerState, key: string, eventId: string): Place | undefined {
  for (const run of starting.values()) {
    if (run.key === key && includes(run.items, eventId)) {
      return { kind: 'starting', runId: run.runId, events: run.items.length };
    }
  }
  return undefined;
}

type Gathered = Extract<Place, { readonly kind: 'gathered' }>;

function gathered(stage: StageName, events: number, more: Omit<Gathered, 'kind' | 'stage' | 'events'>): Gathered {
  return { kind: 'gathered', stage, events, ...more };
}

function includes(of: readonly Holds[], eventId: string): boolean {
  return of.some((one) => one.eventId === eventId);
}
