import type { TriggerSpec } from '../spec/trigger.ts';
import { weekMinutes } from './cron.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { isKeyed } from './selectors.ts';
import type { CompiledTimes } from './times.ts';

type Fallback = NonNullable<TriggerSpec['fallback']>;

const BASE: Path = ['spec', 'fallback'];
const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 1_440;

/** A fallback that watches nothing, or that the rest of the trigger holds back. */
export function fallbackProblems(spec: TriggerSpec, { at }: CompiledTimes): Problem[] {
  const { fallback } = spec;
  if (fallback === undefined) return [];
  return [
    ...keyProblems(spec, fallback),
    ...cooling(spec, fallback),
    ...(at ? missesNext(fallback, at) : interrupts(spec, fallback)),
  ];
}

function keyProblems(spec: TriggerSpec, { scope, keys }: Fallback): Problem[] {
  if (scope === 'trigger') {
    const message = 'are watched with scope: key only';
    return keys === undefined ? [] : [error([...BASE, 'keys'], message, 'Add scope: key, or remove keys.')];
  }
  if (keys === undefined) {
    const message = 'is key, but no keys are named: it could not know of a key that has never come';
    return [error([...BASE, 'scope'], message, 'Add keys: [...], or use scope: trigger.')];
  }
  if (isKeyed(spec)) return [];
  const message = 'is key, but the trigger has no key: no run ever counts for any of the keys';
  return [error([...BASE, 'scope'], message, 'Give the trigger a key, or use scope: trigger.')];
}

const lengthOf = ({ unless }: Fallback): number => ('fired' in unless ? unless.fired : unless.succeeded);
const nameOf = ({ unless }: Fallback): string =>
  'fired' in unless ? 'fallback.unless.fired' : 'fallback.unless.succeeded';

/** Only where the fallback's key is one that runs of events cool down. */
function cooling(spec: TriggerSpec, fallback: Fallback): Problem[] {
  const { cooldown } = spec;
  if (cooldown === undefined || cooldown.onExcess === 'ask' || cooldown.period <= lengthOf(fallback)) return [];
  if (fallback.scope === 'trigger' && isKeyed(spec)) return [];
  const becomes = cooldown.onExcess === 'drop' ? 'is dropped' : 'waits for its end';
  const message = `is longer than ${nameOf(fallback)}: a fallback soon after a run ${becomes}`;
  return [warning(['spec', 'cooldown', 'period'], message, 'Make it shorter, or the fallback wait longer.')];
}

/** A fallback that is due while a window still gathers the events it believes to be missing. */
function interrupts({ debounce, batch }: TriggerSpec, fallback: Fallback): Problem[] {
  const spans = [
    { name: 'debounce.quiet', ms: debounce?.quiet ?? 0 },
    { name: 'batch.maxWait', ms: batch?.maxWait ?? 0 },
  ];
  const path: Path = [...BASE, 'unless', 'fired' in fallback.unless ? 'fired' : 'succeeded'];
  return spans.flatMap(({ name, ms }) =>
    lengthOf(fallback) < ms
      ? [
          warning(
            path,
            `is shorter than ${name}: it fires while events are still gathered`,
            `Make it longer than ${name}.`,
          ),
        ]
      : [],
  );
}

/**
 * A run that starts at one of the times succeeds later. Where the next one wanted is exactly so long after the start,
 * that success is always too young for it. Days of a month are at no fixed distance and are left alone.
 */
function missesNext({ unless }: Fallback, { cron }: NonNullable<CompiledTimes['at']>): Problem[] {
  if (!('succeeded' in unless) || cron.daysOfMonth !== undefined) return [];
  const minutes = unless.succeeded / MINUTE_MS;
  const times = new Set(weekMinutes(cron));
  if (![...times].some((at) => times.has((at + minutes) % WEEK_MINUTES))) return [];
  const message =
    'is exactly the time from one of fallback.at to another: a run that starts at the one succeeds a little later, so the other is left out';
  const remedy =
    'Make it shorter by as long as a run takes, such as 23h for 24h, or use fired, which counts from the start.';
  return [warning([...BASE, 'unless', 'succeeded'], message, remedy)];
}
