import type { KeyView } from '../core/key-view.ts';
import type { Breaker } from '../core/limit-state.ts';
import type { StateView } from '../core/view.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { KeySummary, TriggerDetail, TriggerSummary } from './read-api.ts';

/** What one key holds, as it is answered. */
export function keySummary(view: KeyView): KeySummary {
  const { key, sorting, parts, missing, threshold, window, waiting = [], coolingUntil, limits, paused } = view;
  return {
    key,
    ...(sorting && { sorting: { eventCount: sorting.events, until: rfc3339(sorting.dueAt) } }),
    ...(parts && { parts: parts.map(({ part, expiresAt }) => ({ part, expiresAt: rfc3339(expiresAt) })) }),
    ...(missing && { missing }),
    ...(threshold && {
      threshold: { reached: threshold.reached, atLeast: threshold.atLeast, eventCount: threshold.events },
    }),
    ...(window && { window: windowOf(window) }),
    ...(waiting.length > 0 && {
      waiting: waiting.map(waitingOf),
      heldEvents: waiting.reduce((sum, one) => sum + one.events, 0),
    }),
    ...(coolingUntil !== undefined && { cooldownUntil: rfc3339(coolingUntil) }),
    ...(limits && { limits: limitsOf(limits) }),
    ...(paused && { paused: pausedOf(paused) }),
  };
}

/** What an instance holds beside its keys, as it is answered. */
export function stateOf({
  counts,
  pressure,
  limits,
  watched,
  dedupeReachesBackTo,
}: StateView): Pick<TriggerDetail, 'counts' | 'pressure' | 'limits' | 'fallback' | 'dedupeReachesBackTo'> {
  const fallback = watched.map(({ key, dueAt, lastAt }) => {
    return { key, dueAt: rfc3339(dueAt), ...(lastAt !== undefined && { lastAt: rfc3339(lastAt) }) };
  });
  return {
    counts,
    pressure,
    limits: limitsOf(limits),
    ...(fallback.length > 0 && { fallback }),
    ...(dedupeReachesBackTo !== undefined && { dedupeReachesBackTo: rfc3339(dedupeReachesBackTo) }),
  };
}

/** Since when something is paused. */
export function pausedOf(paused: NonNullable<KeyView['paused']>): NonNullable<TriggerSummary['paused']> {
  return { since: rfc3339(paused.sinceAt), by: paused.by, keptEvents: paused.kept };
}

function windowOf({ stage, mode, events, openedAt, dueAt }: NonNullable<KeyView['window']>) {
  const fires = dueAt === undefined ? {} : { firesAt: rfc3339(dueAt) };
  return { stage, mode, openedAt: rfc3339(openedAt), ...fires, eventCount: events };
}

function waitingOf({ how, stage, cause, events, sinceAt, untilAt }: NonNullable<KeyView['waiting']>[number]) {
  const until = untilAt === undefined ? {} : { until: rfc3339(untilAt) };
  return { how, stage, cause, eventCount: events, since: rfc3339(sinceAt), ...until };
}

function limitsOf({ starts, running, breaker }: StateView['limits']) {
  return { starts, running, breaker: breakerOf(breaker) };
}

function breakerOf(breaker: Breaker) {
  const { mode: state } = breaker;
  const until = state === 'open' && breaker.untilAt !== undefined ? { until: rfc3339(breaker.untilAt) } : {};
  return { state, ...until };
}
