import type { Reason } from './reason.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A span as people read it: `2h 5m`, `1.5s`, `250ms`. Takes milliseconds. */
export function spanText(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.round(spanMs)}ms`;
  if (spanMs < 60_000) return `${Math.floor(spanMs / 100) / 10}s`;
  let rest = spanMs;
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}

/** A reason as one sentence. `timeText` writes an epoch-milliseconds moment for its reader. */
export function explain(reason: Reason, timeText: (at: number) => string): string {
  switch (reason.kind) {
    case 'duplicate':
      return `The same source and id came first at ${timeText(reason.firstSeenAt)}, within the dedupe window of ${spanText(reason.windowMs)}.`;
    case 'sameDedupeKey':
      return `An event equal in dedupe.by came first at ${timeText(reason.firstSeenAt)}, within the dedupe window of ${spanText(reason.windowMs)}.`;
    case 'conflict':
      return `The same source and id came first at ${timeText(reason.firstSeenAt)} with another body, within the dedupe window of ${spanText(reason.windowMs)}; the first wins.`;
    case 'tooOld':
      return `It was ${spanText(reason.ageMs)} old ${reason.checked === 'fire' ? 'when its run was due' : 'on arrival'}, ${spanText(reason.ageMs - reason.maxAgeMs)} more than freshness.maxAge, ${spanText(reason.maxAgeMs)}.`;
    case 'edgeTaken':
      return `The window that opened at ${timeText(reason.openedAt)} fired on its first event; it ends at ${timeText(reason.dueAt)} if nothing more comes.`;
    case 'superseded':
      return reason.keep === 'last'
        ? 'A later event of the same window took its place (keep: last).'
        : 'An earlier event of the same window stands (keep: first).';
    case 'coolingDown':
      return `The key cools down for ${spanText(reason.periodMs)} after a start, until ${timeText(reason.untilAt)}.`;
    case 'alreadyStarted':
      return `A run with the same identity is being started already: ${reason.runId}.`;
  }
}
