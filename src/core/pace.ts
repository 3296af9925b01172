/** How often something is done on average, per second. */
export type Pace = number;

const SECOND_MS = 1_000;
const PER: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3_600 };
const WRITTEN = /^(\d{1,6}(?:\.\d{1,3})?)\/([smh])$/;

/** Reads `10/s`, `30/m` or `100/h`; undefined where it is none of these, or nothing at all. */
export function paceOf(text: string): Pace | undefined {
  const [, count = '', unit = ''] = WRITTEN.exec(text) ?? [];
  const pace = Number(count) / (PER[unit] ?? Number.NaN);
  return pace > 0 ? pace : undefined;
}

/** A pace as people write it. */
export function paceText(pace: Pace): string {
  const [unit, seconds] = Object.entries(PER).find(([, per]) => pace * per >= 1) ?? ['h', 3_600];
  return `${Number((pace * seconds).toFixed(3))}/${unit}`;
}

/** How many go together: about one step a second, so that what many of them cost is not asked for one by one. */
export function stepSize(pace: Pace): number {
  return Math.max(1, Math.floor(pace));
}

/**
 * When the next step is due after one of `count`, milliseconds. What was late is made up for by one step at most: whoever
 * stood still for an hour does not send an hour's worth at once.
 */
export function nextStepAt(dueAt: number, nowMs: number, count: number, pace: Pace): number {
  const stepMs = (count / pace) * SECOND_MS;
  return Math.max(dueAt, nowMs - stepMs) + stepMs;
}
