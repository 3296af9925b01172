import type { TriggerSpec } from '../spec/trigger.ts';
import { error, type Problem, warning } from './finding.ts';
import { selectorsOf } from './selectors.ts';

/** Settings that are each allowed and together do nothing, or not what they seem to. */
export function combinationProblems(spec: TriggerSpec): Problem[] {
  return [...matchesEverything(spec), ...tooOldToFire(spec), ...heldTooLong(spec), ...forgottenIdentity(spec)];
}

function matchesEverything(spec: TriggerSpec): Problem[] {
  return selectorsOf(spec).flatMap(({ selector, path }) =>
    selector.pattern === undefined && selector.when === undefined && selector.source === undefined
      ? [warning(path, 'takes every event there is', 'Give it a pattern, a when or a source.')]
      : [],
  );
}

/** The age of the youngest event a quiet window can fire with is `quiet`; of a kept first one at least that. */
function tooOldToFire({ freshness, debounce }: TriggerSpec): Problem[] {
  if (freshness === undefined || debounce === undefined || freshness.at === 'arrival') return [];
  if (freshness.maxAge >= debounce.quiet || debounce.edge === 'leading') return [];
  const path = ['spec', 'freshness', 'maxAge'];
  const remedy = 'Make maxAge longer than debounce.quiet, or check freshness at: arrival.';
  if (debounce.edge === 'both') {
    return [warning(path, 'is shorter than debounce.quiet: only the leading edge can fire', remedy)];
  }
  if (debounce.maxWait !== undefined && debounce.keep !== 'first') {
    return [warning(path, 'is shorter than debounce.quiet: only a window that maxWait ends can fire', remedy)];
  }
  return [error(path, 'is shorter than debounce.quiet: every event is too old when its window fires', remedy)];
}

function heldTooLong({ freshness, cooldown }: TriggerSpec): Problem[] {
  if (freshness === undefined || cooldown === undefined) return [];
  if (freshness.at === 'arrival' || cooldown.onExcess !== 'hold' || freshness.maxAge >= cooldown.period) return [];
  const message = 'is shorter than cooldown.period: events held early in the period are too old at its end';
  return [warning(['spec', 'freshness', 'maxAge'], message, 'Use onExcess: drop, or a longer maxAge.')];
}

function forgottenIdentity({ dedupe, debounce }: TriggerSpec): Problem[] {
  if (debounce === undefined || debounce.quiet <= dedupe.window) return [];
  const message = 'is shorter than debounce.quiet: one window can hold the same event twice';
  return [warning(['spec', 'dedupe', 'window'], message, 'Make dedupe.window at least as long as the window.')];
}
