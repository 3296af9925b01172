import { CronExpressionParser } from 'cron-parser';

import type { Cron } from '../spec/definition.ts';
import type { Compiled } from './zone.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
/** The five fields in order, with the names each of them may use. */
const FIELDS = [
  { field: 'minute', names: [] },
  { field: 'hour', names: [] },
  { field: 'day of the month', names: [] },
  { field: 'month', names: MONTHS },
  { field: 'day of the week', names: WEEKDAYS },
] as const satisfies readonly { field: string; names: readonly string[] }[];

/** Reads a cron expression of five fields. Extensions of some crons, such as seconds, L, W, # and ?, are refused. */
export function compileCron(text: string): Compiled<Cron> {
  const message = unusual(text);
  if (message !== undefined) return { ok: false, message };
  try {
    const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(text).fields;
    const value = {
      minutes: minute.values,
      hours: hour.values,
      months: month.values,
      ...(!dayOfMonth.isWildcard && { daysOfMonth: numbers(dayOfMonth.values) }),
      ...(!dayOfWeek.isWildcard && {
        daysOfWeek: [...new Set(numbers(dayOfWeek.values).map((it) => it % 7))].toSorted((a, b) => a - b),
      }),
    };
    return { ok: true, value };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, message: `"${text}" is not a cron expression: ${reason}` };
  }
}

/** The local minutes since Monday 00:00 at which an expression may be due; one that names days of a month on any day. */
export function weekMinutes({ minutes, hours, daysOfMonth, daysOfWeek = EVERY_DAY }: Cron): readonly number[] {
  const days = daysOfMonth === undefined ? daysOfWeek : EVERY_DAY;
  return days.flatMap((day) =>
    hours.flatMap((hour) => minutes.map((minute) => (((day + 6) % 7) * 24 + hour) * 60 + minute)),
  );
}

const numbers = (values: readonly (number | string)[]): readonly number[] => values.map(Number);

function unusual(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length || fields[0] === '') {
    const seconds = fields.length === FIELDS.length + 1 ? '; there are no seconds' : '';
    return `"${text}" does not have the five fields of a cron expression: minute, hour, day of the month, month, day of the week${seconds}`;
  }
  for (const [index, { field, names }] of FIELDS.entries()) {
    const strange = (fields[index] ?? '')
      .toLowerCase()
      .split(/[\d*,/-]+/)
      .find((it) => it !== '' && !names.some((name) => name === it));
    if (strange !== undefined)
      return `"${strange.toUpperCase()}" is not understood in the ${field} of "${text}": use numbers${names.length > 0 ? ', names' : ''}, *, lists (1,15), ranges (1-5) and steps (*/10)`;
  }
  return undefined;
}
