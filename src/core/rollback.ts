import { spanText } from './explain.ts';
import type { RunRequest } from './fact.ts';
import type { Ended } from './retry.ts';

/** An alert that is too old when its rollback would route says nothing about what serves now; nothing where it is not. */
export function staleAlert(
  { items }: Pick<RunRequest, 'items'>,
  maxAgeMs: number | undefined,
  now: number,
): Ended | undefined {
  if (maxAgeMs === undefined || items.length === 0) return undefined;
  const ageMs = now - Math.max(...items.map(({ time }) => time));
  if (ageMs <= maxAgeMs) return undefined;
  const detail = `Its newest event is ${spanText(ageMs)} old, more than ${spanText(maxAgeMs)}.`;
  return { kind: 'ended', status: 'skipped', detail, began: false };
}
