import type { Zone } from '../spec/definition.ts';
import { didYouMean } from './nearest.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Longer than any definition is expected to stay loaded, short enough to travel with it: about 40 rows. */
const YEARS_AHEAD = 20;
/** Changes less than this apart are not told apart; the shortest known interval, a Ramadan without daylight saving, is four weeks. */
const STEP_MS = 7 * DAY_MS;

/** A part of a definition that was compiled, or what is wrong with it. */
export type Compiled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** Of the current and the last year: bounded by the names of the time zone database. */
const cache = new Map<string, Zone>();

/**
 * The offsets of a time zone of the IANA database, from the beginning of the year before `nowMs` to twenty years after
 * it. Equal all through a year, so that what is loaded at different moments, and by different processes, is the same.
 */
export function zoneOf(name: string, nowMs: number): Compiled<Zone> {
  const year = new Date(nowMs).getUTCFullYear();
  const cached = cache.get(`${name}/${year}`);
  if (cached !== undefined) return { ok: true, value: cached };
  const format = formatIn(name);
  if (format === undefined)
    return { ok: false, message: `time zone "${name}" is not known. ${suggestion(name)}`.trim() };
  const zone = { name, offsets: offsetsOf(format, Date.UTC(year - 1, 0), Date.UTC(year + YEARS_AHEAD + 1, 0)) };
  cache.set(`${name}/${year}`, zone);
  return { ok: true, value: zone };
}

/** The database's own spelling: Intl takes any case and bare offsets, Temporal's schedules do not. */
const SPELLING = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/;

function formatIn(timeZone: string): Intl.DateTimeFormat | undefined {
  if (!SPELLING.test(timeZone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
}

function suggestion(name: string): string {
  const capitalised = name.toLowerCase().replaceAll(/(?<=^|[/_])[a-z]/g, (letter) => letter.toUpperCase());
  if (formatIn(capitalised) !== undefined) return `Did you mean "${capitalised}"?`;
  return didYouMean(name, Intl.supportedValuesOf('timeZone')) || 'Use a name such as UTC or Asia/Kolkata.';
}

function offsetsOf(format: Intl.DateTimeFormat, fromAt: number, untilAt: number): Zone['offsets'] {
  const offsets = [{ fromAt, minutes: offsetMinutes(format, fromAt) }];
  for (let at = fromAt; at < untilAt; at += STEP_MS) {
    const minutes = offsetMinutes(format, at + STEP_MS);
    if (minutes !== offsets.at(-1)?.minutes) offsets.push({ fromAt: changeBetween(format, at, at + STEP_MS), minutes });
  }
  return offsets;
}

/** The first minute in (low, high] with the offset that counts at `high`. */
function changeBetween(format: Intl.DateTimeFormat, low: number, high: number): number {
  const after = offsetMinutes(format, high);
  let [before, changed] = [low, high];
  while (changed - before > MINUTE_MS) {
    const middle = before + Math.floor((changed - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetMinutes(format, middle) === after) changed = middle;
    else before = middle;
  }
  return changed;
}

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d))?/;

/** Minutes east of UTC, read from `GMT+05:30` or `GMT`. */
function offsetMinutes(format: Intl.DateTimeFormat, at: number): number {
  const [, sign, hours = '0', minutes = '0'] = OFFSET.exec(format.format(at)) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) + 0;
}
