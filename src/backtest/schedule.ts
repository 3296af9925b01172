import { nextCronAt } from '../core/calendar.ts';
import { compileCron } from '../load/cron.ts';
import { zoneOf } from '../load/zone.ts';
import { parseDurationMs } from '../spec/units.ts';

/** Shortest interval of a schedule, as of cron: a year of it is half a million runs. */
const INTERVAL_MIN_MS = 60_000;

const WRITTEN = /^(every|cron)\s+(.+)$/;
/** The five fields, and perhaps a time zone after them. */
const FIELDS_AND_ZONE = /^((?:\S+\s+){4}\S+)(?:\s+([A-Za-z]\S*))?$/;

/** A fixed schedule that runs whether or not there is new data. */
export type Schedule = {
  /** As it was written. */
  readonly text: string;
  /** Its times in a span that begins at `fromAt`: gives the first of them after a moment; undefined: there is none. */
  readonly from: (fromAt: number) => (afterAt: number) => number | undefined;
};

type Parsed = { readonly ok: true; readonly schedule: Schedule } | { readonly ok: false; readonly message: string };

/**
 * Reads `every 24h`, whose first time is one interval after the span began, or `cron 0 2 * * *`, in UTC unless a time zone
 * stands behind it.
 */
export function parseSchedule(text: string): Parsed {
  const [, kind = '', rest = ''] = WRITTEN.exec(text.trim()) ?? [];
  if (kind === 'every') return parseInterval(text, rest);
  if (kind === 'cron') return parseCron(text, rest);
  return { ok: false, message: `"${text}" is no schedule: write "every 24h" or "cron 0 2 * * *"` };
}

function parseInterval(text: string, written: string): Parsed {
  const everyMs = parseDurationMs(written);
  if (everyMs === undefined) return { ok: false, message: `"${written}" is no duration such as 30m, 24h or 7d` };
  if (everyMs < INTERVAL_MIN_MS) return { ok: false, message: `"${written}" is shorter than a minute` };
  const from = (fromAt: number) => (afterAt: number) =>
    fromAt + everyMs * (1 + Math.max(0, Math.floor((afterAt - fromAt) / everyMs)));
  return { ok: true, schedule: { text, from } };
}

function parseCron(text: string, written: string): Parsed {
  const [, fields = written, timeZone = 'UTC'] = FIELDS_AND_ZONE.exec(written) ?? [];
  const cron = compileCron(fields);
  if (!cron.ok) return cron;
  const known = zoneOf(timeZone, 0);
  if (!known.ok) return known;
  const from = (fromAt: number) => {
    const zone = zoneOf(timeZone, fromAt);
    return (afterAt: number) => (zone.ok ? nextCronAt(cron.value, zone.value, afterAt) : undefined);
  };
  return { ok: true, schedule: { text, from } };
}
