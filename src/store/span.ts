import { Select } from './select.ts';
import type { SpanQuery } from './store.ts';

/** The conditions of a span over the column that says when. */
export function spanOf({ trigger, sinceAt, untilAt }: SpanQuery, column: string): Select {
  return new Select()
    .where(trigger, (value) => `trigger = ${value}`)
    .where(sinceAt, (value) => `${column} >= ${value}`)
    .where(untilAt, (value) => `${column} < ${value}`);
}
