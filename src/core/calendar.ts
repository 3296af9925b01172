import type { Cron, HoursSettings, Zone } from '../spec/definition.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WEEK_MS = 7 * DAY_MINUTES * MINUTE_MS;
/** 1970-01-01 was a Thursday: this far into a week that begins on Monday. */
const EPOCH_IN_WEEK_MS = 3 * DAY_MINUTES * MINUTE_MS;
/** 1970-01-01 counted from Sunday. */
const EPOCH_WEEKDAY = 4;
const HOURS_A_DAY = 24;
/** The Gregorian calendar repeats after 400 years. */
const ERA_DAYS = 146_097;
const DAYS_FROM_0000_03_01 = 719_468;
/** How far ahead a cron time is looked for: a leap day is at most four years away until 2096. */
const CRON_SEARCH_MS = 5 * 366 * DAY_MINUTES * MINUTE_MS;

/** Whether runs may start, and if not, why and until when: the next moment at which they may. */
export type Opening =
  | { readonly open: true }
  | { readonly open: false; readonly reason: 'outsideHours' | 'frozen'; readonly untilAt: number }
  | { readonly open: false; readonly reason: 'neverOpen' };

const OPEN: Opening = { open: true };
const NEVER: Opening = { open: false, reason: 'neverOpen' };

type Span = readonly [start: number, end: number];

const startOf = (span: Span): number => span[0];
const fromAtOf = (row: Zone['offsets'][number]): number => row.fromAt;

/** How many rows begin at or before a value; rows are sorted by their beginning. */
function countBegun<Row>(rows: readonly Row[], beginning: (row: Row) => number, value: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && beginning(row) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The row of the offset table that counts at a moment; the first one before its own beginning too. */
const rowAt = (zone: Zone, at: number): number => Math.max(0, countBegun(zone.offsets, fromAtOf, at) - 1);

/** Minutes east of UTC at a moment (epoch milliseconds); 0 of an empty table. */
export function offsetMinutesAt(zone: Zone, at: number): number {
  return zone.offsets[rowAt(zone, at)]?.minutes ?? 0;
}

/** Whether hours and freezes let a run start at a moment (epoch milliseconds). */
export function openAt(hours: HoursSettings, at: number): Opening {
  const frozen = thawsAt(hours.freeze, at) !== undefined;
  if (!frozen && nextAllowedAt(hours, at) === at) return OPEN;
  const untilAt = nextOpenAt(hours, at);
  return untilAt === undefined ? NEVER : { open: false, reason: frozen ? 'frozen' : 'outsideHours', untilAt };
}

/** Ends: every turn passes a freeze, a row of the offset table, or comes to an allowed moment outside a freeze. */
function nextOpenAt(hours: HoursSettings, from: number): number | undefined {
  let at = from;
  for (;;) {
    const next = thawsAt(hours.freeze, at) ?? nextAllowedAt(hours, at);
    if (next === undefined || next === at) return next;
    at = next;
  }
}

/** The end of the freeze a moment lies in. */
function thawsAt(freeze: HoursSettings['freeze'], at: number): number | undefined {
  const span = freeze[countBegun(freeze, startOf, at) - 1];
  return span !== undefined && at < span[1] ? span[1] : undefined;
}

/** The moment itself, the next allowed one, or the next change of the offset where that comes first; freezes aside. */
function nextAllowedAt({ allow, zone }: HoursSettings, at: number): number | undefined {
  const [first] = allow;
  if (first === undefined) return undefined;
  const row = rowAt(zone, at);
  const localMs = at + (zone.offsets[row]?.minutes ?? 0) * MINUTE_MS;
  const weekMs = modulo(localMs + EPOCH_IN_WEEK_MS, WEEK_MS);
  const begun = countBegun(allow, startOf, weekMs / MINUTE_MS);
  const current = allow[begun - 1];
  if (current !== undefined && weekMs < current[1] * MINUTE_MS) return at;
  const following = allow[begun];
  const startMs = following === undefined ? WEEK_MS + first[0] * MINUTE_MS : following[0] * MINUTE_MS;
  return Math.min(at + startMs - weekMs, zone.offsets[row + 1]?.fromAt ?? Infinity);
}

/**
 * The first moment after `afterAt` at which a cron expression is due, within five years, else undefined.
 *
 * Daylight saving as in Vixie cron (`man 8 cron`): a local time that does not exist is due at the first moment after
 * the gap, one that exists twice is due once, the first time; an expression for every hour goes by real time instead,
 * so what is skipped is not made up for and a repeated hour counts again.
 */
export function nextCronAt(cron: Cron, zone: Zone, afterAt: number): number | undefined {
  const everyHour = cron.hours.length === HOURS_A_DAY;
  const limitAt = afterAt + CRON_SEARCH_MS;
  let fromAt = afterAt + MINUTE_MS;
  for (let index = rowAt(zone, afterAt); fromAt <= limitAt; index++) {
    const row = zone.offsets[index];
    if (row === undefined) return undefined;
    const before = zone.offsets[index - 1];
    const after = zone.offsets[index + 1];
    const changeAt = after?.fromAt ?? limitAt;
    const skipped = after === undefined || everyHour ? 0 : Math.max(0, after.minutes - row.minutes);
    const lived = before === undefined || everyHour ? -Infinity : localMinute(row.fromAt, before.minutes);
    const from = Math.max(localMinute(fromAt, row.minutes), lived);
    const until = Math.min(localMinute(changeAt, row.minutes) + skipped, localMinute(limitAt, row.minutes));
    const found = nextLocalMinute(cron, from, until);
    if (found !== undefined) return Math.min((found - row.minutes) * MINUTE_MS, changeAt);
    fromAt = changeAt;
  }
  return undefined;
}

/** Whether a moment shows a local time that an expression names a second time, so that it is not due again. */
export function repeatsCronAt(cron: Cron, zone: Zone, at: number): boolean {
  if (nextCronAt(cron, zone, at - 1) === at) return false;
  const unchanging = { ...zone, offsets: [{ fromAt: at, minutes: offsetMinutesAt(zone, at) }] };
  return nextCronAt(cron, unchanging, at - 1) === at;
}

/** The moments in [fromAt, untilAt) right after clocks were set forward over a time that an expression names. */
export function cronAfterGaps(cron: Cron, zone: Zone, fromAt: number, untilAt: number): readonly number[] {
  return zone.offsets
    .map((row) => row.fromAt)
    .filter((at) => fromAt <= at && at < untilAt && offsetMinutesAt(zone, at - 1) < offsetMinutesAt(zone, at))
    .filter((at) => nextCronAt(cron, zone, at - 1) === at);
}

/** Minutes of local time since 1970-01-01 00:00 local. */
const localMinute = (at: number, offsetMinutes: number): number => Math.floor(at / MINUTE_MS) + offsetMinutes;

/** The first local minute in [from, until) that a cron expression names. */
function nextLocalMinute(cron: Cron, from: number, until: number): number | undefined {
  for (let day = Math.floor(from / DAY_MINUTES); day * DAY_MINUTES < until; day++) {
    if (!namesDay(cron, day)) continue;
    const minute = firstMinuteOfDay(cron, from - day * DAY_MINUTES);
    if (minute !== undefined && day * DAY_MINUTES + minute < until) return day * DAY_MINUTES + minute;
  }
  return undefined;
}

function firstMinuteOfDay({ hours, minutes }: Cron, from: number): number | undefined {
  for (const hour of hours) {
    const minute = minutes.find((it) => hour * 60 + it >= from);
    if (minute !== undefined) return hour * 60 + minute;
  }
  return undefined;
}

/** Where the day of the month and the day of the week are both restricted, either is enough, as in `man 5 crontab`. */
function namesDay({ months, daysOfMonth, daysOfWeek }: Cron, epochDay: number): boolean {
  const { month, day } = dateOf(epochDay);
  if (!months.includes(month)) return false;
  const ofMonth = daysOfMonth?.includes(day);
  const ofWeek = daysOfWeek?.includes(modulo(epochDay + EPOCH_WEEKDAY, 7));
  return ofMonth === undefined || ofWeek === undefined ? (ofMonth ?? ofWeek ?? true) : ofMonth || ofWeek;
}

/** The month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, by years that begin on 1 March. */
function dateOf(epochDay: number): { readonly month: number; readonly day: number } {
  const dayOfEra = modulo(epochDay + DAYS_FROM_0000_03_01, ERA_DAYS);
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
