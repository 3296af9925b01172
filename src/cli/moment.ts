import { spanText } from '../core/explain.ts';

const DAY_MS = 86_400_000;

const two = (number: number): string => String(number).padStart(2, '0');

/** The time of day on this machine's clock, `14:03:07`. */
export function timeOfDay(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}

/** A moment as people read it: `14:03:07 (in 4s)`, with the date where it is a day or more away. Takes RFC 3339. */
export function moment(text: string, nowMs: number): string {
  const at = new Date(text);
  const awayMs = at.getTime() - nowMs;
  if (Number.isNaN(awayMs)) return text;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  const span = Math.abs(awayMs) < 1_000 ? 'now' : awayMs > 0 ? `in ${spanText(awayMs)}` : `${spanText(-awayMs)} ago`;
  return `${Math.abs(awayMs) < DAY_MS ? '' : date}${timeOfDay(at)} (${span})`;
}
