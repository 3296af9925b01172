import type { TriggerSpec } from '../spec/trigger.ts';
import { fallbackProblems } from './fallback.ts';
import { error, type Problem, warning } from './finding.ts';
import { hoursProblems } from './hours.ts';
import { limitProblems } from './limits.ts';
import { partNames, selectorProblems } from './selectors.ts';
import type { CompiledTimes } from './times.ts';
import { forgottenIdentity, tooOld } from './waits.ts';

/** Settings that are each allowed and together do nothing, or not what they seem to. */
export function combinationProblems(spec: TriggerSpec, times: CompiledTimes): Problem[] {
  return [
    ...selectorProblems(spec),
    ...gatheredTwice(spec),
    ...gathersNothing(spec),
    ...tooOld(spec, times),
    ...forgottenIdentity(spec),
    ...hoursProblems(spec, times),
    ...limitProblems(spec),
    ...fallbackProblems(spec, times),
    ...shadowed(spec),
  ];
}

function gatheredTwice({ debounce, batch }: TriggerSpec): Problem[] {
  if (debounce === undefined || batch === undefined) return [];
  const remedy = 'Keep one: debounce waits for silence, batch for enough. debounce.maxWait limits the wait too.';
  return [error(['spec', 'batch'], 'and debounce exclude each other: both gather what becomes one run', remedy)];
}

/** Windows that every event, or every group that comes before them, fills at once. */
function gathersNothing(spec: TriggerSpec): Problem[] {
  const { threshold, batch } = spec;
  const parts = partNames(spec).length;
  const counts = threshold !== undefined && threshold.of === undefined ? threshold.atLeast : undefined;
  const problems: Problem[] = [];
  if (counts !== undefined && counts <= Math.max(parts, 1)) {
    const who = parts > 0 ? `a complete set has ${parts} events` : 'one event reaches it';
    problems.push(noEffect(['spec', 'threshold', 'atLeast'], `${counts}: ${who}, so threshold has no effect`));
  }
  const { maxEvents } = batch ?? {};
  if (maxEvents === undefined) return problems;
  const path = ['spec', 'batch', 'maxEvents'];
  if (maxEvents === 1) problems.push(noEffect(path, '1: each event is a batch, so batch has no effect'));
  else if (counts !== undefined && maxEvents <= counts) {
    problems.push(noEffect(path, 'not more than threshold.atLeast: what reaches the threshold is a batch at once'));
  } else if (maxEvents <= parts) {
    problems.push(noEffect(path, `${maxEvents}: a complete set has ${parts} events, so each is a batch at once`));
  }
  return problems;
}

function noEffect(path: Problem['path'], message: string): Problem {
  return warning(path, `is ${message}`, 'Make it larger, or leave it out.');
}

/** In shadow no target is called and every run has succeeded as soon as it starts. */
function shadowed(spec: TriggerSpec): Problem[] {
  const idle = (['concurrency', 'breaker', 'approval'] as const).filter((name) => spec[name] !== undefined);
  if (spec.mode !== 'shadow' || idle.length === 0) return [];
  const message = `is shadow, where every run succeeds at once: ${idle.join(' and ')} cannot show what it would do`;
  return [warning(['spec', 'mode'], message, 'Expect more runs here than live would have.')];
}
