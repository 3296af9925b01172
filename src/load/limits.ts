import type { TriggerSpec } from '../spec/trigger.ts';
import { type Problem, warning } from './finding.ts';
import { isKeyed } from './selectors.ts';

/** Limits that can never be reached, or that work against each other. */
export function limitProblems(spec: TriggerSpec): Problem[] {
  return [
    ...coolsAnyway(spec),
    ...neverReached(spec),
    ...oneKeyOnly(spec),
    ...cancelsWhatItQueued(spec),
    ...approvesWhatItAsks(spec),
  ];
}

/** Without a fallback or another stage that delays a run, windows themselves keep its distance. */
function coolsAnyway({ cooldown, debounce, ...rest }: TriggerSpec): Problem[] {
  const { hours, rate, concurrency, breaker, fallback } = rest;
  if ([hours, rate, concurrency, breaker, fallback].some((it) => it !== undefined)) return [];
  if (cooldown === undefined || debounce?.edge !== 'trailing' || cooldown.period > debounce.quiet) return [];
  const message = 'is not longer than debounce.quiet, which keeps runs that far apart already';
  return [warning(['spec', 'cooldown', 'period'], message, 'Make it longer, or leave cooldown out.')];
}

function neverReached(spec: TriggerSpec): Problem[] {
  const { cooldown, rate } = spec;
  if (cooldown === undefined || rate === undefined || cooldown.onExcess === 'ask') return [];
  const most = Math.ceil(rate.per / cooldown.period);
  if ((isKeyed(spec) && rate.scope === 'trigger') || rate.limit < most) return [];
  const message = `is never exceeded: cooldown.period lets at most ${most} runs start in rate.per`;
  return [warning(['spec', 'rate', 'limit'], message, 'Lower it, or leave rate out.')];
}

function oneKeyOnly(spec: TriggerSpec): Problem[] {
  if (isKeyed(spec)) return [];
  return (['rate', 'concurrency', 'breaker'] as const).flatMap((name) =>
    spec[name]?.scope === 'key'
      ? [
          warning(
            ['spec', name, 'scope'],
            'is key, but the trigger has no key: it is the same as trigger',
            'Give the trigger a key, or leave scope out.',
          ),
        ]
      : [],
  );
}

function cancelsWhatItQueued({ rate, concurrency }: TriggerSpec): Problem[] {
  if (rate?.onExcess !== 'queue' || concurrency?.onExcess !== 'cancelRunning') return [];
  const message =
    'is queue with concurrency.onExcess: cancelRunning: each queued run starts and is cancelled by the next';
  return [warning(['spec', 'rate', 'onExcess'], message, 'Use hold, so that what waits becomes one run.')];
}

function approvesWhatItAsks({ cooldown, rate, approval }: TriggerSpec): Problem[] {
  const asks = (['cooldown', 'rate'] as const).filter((name) => ({ cooldown, rate })[name]?.onExcess === 'ask');
  if (approval?.onTimeout !== 'approve' || asks.length === 0) return [];
  const message = `is approve, which does not hold for runs that ${asks.join(' and ')} asks about: they are rejected`;
  return [warning(['spec', 'approval', 'onTimeout'], message, 'Expect that, or use another onExcess.')];
}
