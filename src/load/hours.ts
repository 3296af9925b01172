import type { HoursSettings } from '../spec/definition.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { weekMinutes } from './cron.ts';
import { error, type Problem, warning } from './finding.ts';
import type { CompiledTimes } from './times.ts';

const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const MINUTE_MS = 60_000;

/** The longest time in a week in which no run may start, in milliseconds; freezes and changes of the clock aside. */
export function longestClosing(allow: HoursSettings['allow']): number {
  const [first] = allow;
  if (first === undefined) return Infinity;
  const gaps = allow.map(([, end], index) => (allow[index + 1]?.[0] ?? first[0] + WEEK_MINUTES) - end);
  return Math.max(...gaps) * MINUTE_MS;
}

/** Hours that never close, and a fallback that only looks while they are closed. */
export function hoursProblems(spec: TriggerSpec, { hours, at }: CompiledTimes): Problem[] {
  if (hours === undefined) return [];
  const always = hours.freeze.length === 0 && longestClosing(hours.allow) === 0;
  return [
    ...(always
      ? [warning(['spec', 'hours', 'allow'], 'is the whole week, so hours has no effect', 'Leave hours out.')]
      : []),
    ...(at === undefined ? [] : fallbackOutside(hours, at)),
    ...(spec.fallback && !at && hours.onExcess === 'drop'
      ? [
          warning(
            ['spec', 'hours', 'onExcess'],
            'is drop: a fallback that falls due outside the hours is dropped too',
            'Use hold, or give fallback.at times within the hours.',
          ),
        ]
      : []),
  ];
}

type At = NonNullable<CompiledTimes['at']>;

/** Compared as local times, so only where both are of one zone. */
function fallbackOutside(hours: HoursSettings, { cron, zone }: At): Problem[] {
  if (zone.name !== hours.zone.name) return [];
  const isOpen = (minute: number): boolean => hours.allow.some(([start, end]) => start <= minute && minute < end);
  if (weekMinutes(cron).some(isOpen)) return [];
  const path = ['spec', 'fallback', 'at', 'cron'];
  const remedy = 'Name times within the hours, or widen the hours.';
  return hours.onExcess === 'drop'
    ? [error(path, 'names only times outside the hours, which drop it: it could never fire', remedy)]
    : [warning(path, 'names only times outside the hours: it starts when they open', remedy)];
}
