import { spanText } from '../core/explain.ts';
import type { Spread } from './report.ts';

const MINUTE_MS = 60_000;

/** How long something waited; coarse on purpose: a wait of hours is not read to the second. */
export function waited(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < MINUTE_MS) return spanText(ms < 1_000 ? ms : Math.round(ms / 100) * 100);
  const [first = '', second = ''] = spanText(Math.round(ms / MINUTE_MS) * MINUTE_MS).split(' ');
  return `${first}${second}`;
}

/** `33m/1h2m`: what half of it, and 95 % of it, did not exceed. */
export function spread({ p50Ms, p95Ms }: Spread): string {
  return `${waited(p50Ms)}/${waited(p95Ms)}`;
}

/** `12,345`. */
export function number(value: number): string {
  return value.toLocaleString('en');
}

/** A moment as `2026-11-21 14:05`. */
export function shortTime(text: string): string {
  return text.slice(0, 16).replace('T', ' ');
}

/** A text cut to `most` characters. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** `1 event`, `3 events`. */
export function counted(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? '' : 's'}`;
}
