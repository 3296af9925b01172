import type { HoursSettings, Zone } from '../spec/definition.ts';
import { didYouMean } from './nearest.ts';
import { type Compiled, zoneOf } from './zone.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Compiled hours travel with the definition into every instance's history: this many rows are 4 KB. */
const SPANS_MAX = 100;

type Span = readonly [start: number, end: number];

/** What a trigger file says of the times its runs may start at. */
export type HoursText = {
  /** `Mon-Fri 08:00-20:00`, `Sat,Sun 10:00-14:00,16:00-18:00`, `daily 22:00-06:00`. */
  readonly allow: readonly string[];
  /** An IANA name; UTC where absent. */
  readonly timeZone?: string | undefined;
  /** `2026-12-24/2026-12-27` with both days, one day, or moments: `2026-12-24T18:00/2026-12-27T08:00`. */
  readonly freeze?: readonly string[] | undefined;
  readonly onExcess: HoursSettings['onExcess'];
};

/** Reads hours and freezes; spans that touch become one. */
export function compileHours({ allow, timeZone, freeze, onExcess }: HoursText, nowMs: number): Compiled<HoursSettings> {
  const zone = zoneOf(timeZone ?? 'UTC', nowMs);
  if (!zone.ok) return zone;
  const allowed = gather(allow, weekSpans);
  if (!allowed.ok) return allowed;
  if (allowed.value.length === 0)
    return wrong('allow is empty: no run could ever start. Name days and times, such as Mon-Fri 08:00-20:00');
  const frozen = gather(freeze ?? [], (text) => freezeSpan(text, zone.value));
  if (!frozen.ok) return frozen;
  return { ok: true, value: { allow: allowed.value, freeze: frozen.value, zone: zone.value, onExcess } };
}

function wrong(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function gather(
  texts: readonly string[],
  read: (text: string) => Compiled<readonly Span[]>,
): Compiled<readonly Span[]> {
  const spans: Span[] = [];
  for (const text of texts) {
    const compiled = read(text);
    if (!compiled.ok) return compiled;
    spans.push(...compiled.value);
  }
  const value = merged(spans);
  return value.length > SPANS_MAX
    ? wrong(`${value.length} spans are more than the ${SPANS_MAX} allowed`)
    : { ok: true, value };
}

function merged(spans: readonly Span[]): readonly Span[] {
  const result: [number, number][] = [];
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** `Mon-Fri,Sun 08:00-12:00,13:00-20:00` as minutes of the week. */
function weekSpans(text: string): Compiled<readonly Span[]> {
  const [days = '', times, ...rest] = text
    .trim()
    .replaceAll(/\s*,\s*/g, ',')
    .split(/\s+/);
  if (times === undefined || rest.length > 0) {
    return wrong(`"${text}" is not days and times such as Mon-Fri 08:00-20:00 or daily 22:00-06:00`);
  }
  const named = daysOf(days);
  if (!named.ok) return named;
  const spans: Span[] = [];
  for (const time of times.split(',')) {
    const span = timeSpan(time);
    if (!span.ok) return span;
    spans.push(...named.value.flatMap((day) => onDay(day, span.value)));
  }
  return { ok: true, value: spans };
}

/** A span over midnight goes on into the next day, from Sunday into Monday. */
function onDay(day: number, [start, end]: Span): readonly Span[] {
  const [from, until] = [day * DAY_MINUTES + start, day * DAY_MINUTES + (end > start ? end : end + DAY_MINUTES)];
  return until <= WEEK_MINUTES
    ? [[from, until]]
    : [
        [from, WEEK_MINUTES],
        [0, until - WEEK_MINUTES],
      ];
}

function daysOf(text: string): Compiled<readonly number[]> {
  if (text === '*' || text.toLowerCase() === 'daily') return { ok: true, value: DAYS.map((_, day) => day) };
  const days: number[] = [];
  for (const range of text.split(',')) {
    const [first = '', last = first, ...rest] = range.split('-');
    const unknown = [first, last].find((it) => dayOf(it) < 0);
    if (unknown !== undefined || rest.length > 0) {
      const remedy = `${didYouMean(unknown ?? range, ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun', 'daily'])}Days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, ranges of them, or daily`;
      return wrong(`"${range}" is not a day. ${remedy}`);
    }
    const length = (dayOf(last) - dayOf(first) + DAYS.length) % DAYS.length;
    for (let step = 0; step <= length; step++) days.push((dayOf(first) + step) % DAYS.length);
  }
  return { ok: true, value: days };
}

const dayOf = (name: string): number => DAYS.findIndex((day) => day === name.toLowerCase());

const TIME_SPAN = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/;

/** `08:00-20:00` as minutes of the day; the end may be 24:00, or before the start: it is in the next day then. */
function timeSpan(text: string): Compiled<Span> {
  const [whole, ...digits] = TIME_SPAN.exec(text) ?? [];
  const [startHour = 0, startMinute = 0, endHour = 0, endMinute = 0] = digits.map(Number);
  const [start, end] = [startHour * 60 + startMinute, endHour * 60 + endMinute];
  if (whole === undefined || start >= DAY_MINUTES || end > DAY_MINUTES || startMinute > 59 || endMinute > 59) {
    return wrong(`"${text}" is not a span of times such as 08:00-20:00`);
  }
  return start === end ? wrong(`"${text}" is empty; the whole day is 00:00-24:00`) : { ok: true, value: [start, end] };
}

/** `2026-12-24/2026-12-27` in epoch milliseconds: from the beginning of the first day to the end of the last one. */
function freezeSpan(text: string, zone: Zone): Compiled<readonly Span[]> {
  const [first = '', last = first, ...rest] = text.trim().split('/');
  const start = momentOf(first, zone, 'beginning');
  const end = momentOf(last, zone, 'end');
  if (start === undefined || end === undefined || rest.length > 0) {
    return wrong(`"${text}" is not a freeze such as 2026-12-24/2026-12-27 or 2026-12-24T18:00/2026-12-27T08:00`);
  }
  return start < end ? { ok: true, value: [[start, end]] } : wrong(`"${text}" ends before it begins`);
}

const DATE_TIME = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?$/;

function momentOf(text: string, zone: Zone, edge: 'beginning' | 'end'): number | undefined {
  const [whole, date = '', time = '00:00', seconds = '00', offset] = DATE_TIME.exec(text) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  const read = Date.parse(`${date}T${time}:${seconds}${offset ?? 'Z'}`);
  if (whole === undefined || Number.isNaN(read) || new Date(day).toISOString().slice(0, 10) !== date) return undefined;
  if (offset !== undefined) return read;
  const wholeDay = !text.includes('T') && edge === 'end';
  return firstMomentAt(zone, wholeDay ? read + DAY_MINUTES * MINUTE_MS : read);
}

/** The first moment at which local time, in milliseconds as if it were UTC, is reached: after the gap it may lie in. */
function firstMomentAt({ offsets }: Zone, localMs: number): number {
  const index = offsets.findIndex((row, at) => {
    const next = offsets[at + 1];
    return next === undefined || localMs - row.minutes * MINUTE_MS < next.fromAt;
  });
  const row = offsets[index];
  const at = localMs - (row?.minutes ?? 0) * MINUTE_MS;
  return row === undefined || index === 0 ? at : Math.max(at, row.fromAt);
}
