import type { Breaker } from '../core/limit-state.ts';
import type { KeyView } from '../core/key-view.ts';
import type { StateView } from '../core/view.ts';
import type { OpenPlace } from '../core/whereabouts.ts';

/** What waits in an instance at this moment. Times are epoch milliseconds. */
export type OpenWork = {
  readonly paused?: { readonly sinceAt: number; readonly by: string; readonly events: number };
  /** Breakers that are not closed; `key` is absent for that of the whole trigger. */
  readonly breakers: readonly { readonly key?: string; readonly failures: number; readonly untilAt?: number }[];
  /** What is due first comes first; bounded by what the instance shows. */
  readonly open: readonly { readonly key: string; readonly place: OpenPlace }[];
};

/** What waits, from what the instance shows of itself. */
export function openWorkOf({ paused, limits, keys }: Pick<StateView, 'paused' | 'limits' | 'keys'>): OpenWork {
  return {
    ...(paused && { paused: { sinceAt: paused.sinceAt, by: paused.by, events: paused.kept } }),
    breakers: [
      ...breakerOf(limits.breaker),
      ...keys.flatMap(({ key, limits: own }) => (own ? breakerOf(own.breaker).map((one) => ({ key, ...one })) : [])),
    ],
    open: keys.flatMap((view) => placesOf(view).map((place) => ({ key: view.key, place }))),
  };
}

function breakerOf(breaker: Breaker): readonly { readonly failures: number; readonly untilAt?: number }[] {
  switch (breaker.mode) {
    case 'closed':
      return [];
    case 'open': {
      const { failures, untilAt } = breaker;
      return [{ failures, ...(untilAt !== undefined && { untilAt }) }];
    }
    case 'halfOpen':
    case 'draining':
      return [{ failures: 0 }];
  }
}

function placesOf({ sorting, parts, missing, threshold, window, waiting = [], paused }: KeyView): readonly OpenPlace[] {
  return [
    ...(paused ? [{ kind: 'kept', sinceAt: paused.sinceAt, by: paused.by, events: paused.kept } as const] : []),
    ...(sorting ? [{ kind: 'gathered', stage: 'order', ...sorting } as const] : []),
    ...(parts && parts.length > 0 ? [joinOf(parts, missing ?? [])] : []),
    ...(threshold ? [{ kind: 'gathered', stage: 'threshold', ...threshold } as const] : []),
    ...(window && window.events > 0 ? [windowOf(window)] : []),
    ...waiting.map(({ stage, events, sinceAt, untilAt }): OpenPlace => {
      return { kind: 'waiting', stage, events, sinceAt, ...(untilAt !== undefined && { untilAt }) };
    }),
  ];
}

function joinOf(parts: NonNullable<KeyView['parts']>, missing: readonly string[]): OpenPlace {
  const dueAt = Math.min(...parts.map(({ expiresAt }) => expiresAt));
  return { kind: 'gathered', stage: 'correlate', events: parts.length, missing, dueAt };
}

function windowOf({ stage, events, openedAt, dueAt }: NonNullable<KeyView['window']>): OpenPlace {
  return { kind: 'gathered', stage, events, openedAt, ...(dueAt !== undefined && { dueAt }) };
}
