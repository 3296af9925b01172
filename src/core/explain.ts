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
    case 'late':
      return `Its order.by, ${JSON.stringify(reason.by)}, is below ${JSON.stringify(reason.highest)}, the highest the key has had.`;
    case 'superseded':
      return supersededText(reason);
    case 'expired':
      return expiredText(reason);
    case 'partMissing':
      return `${spanText(reason.withinMs)} passed without ${reason.missing.join(' and ')}.`;
    case 'outsideHours':
      return reason.opensAt === undefined
        ? 'It is outside hours.allow, and no allowed hour is in sight.'
        : `It is outside hours.allow until ${timeText(reason.opensAt)}.`;
    case 'frozen':
      return `Starts are frozen until ${timeText(reason.untilAt)} (hours.freeze).`;
    case 'coolingDown':
      return `The key cools down for ${spanText(reason.periodMs)} after a start, until ${timeText(reason.untilAt)}.`;
    case 'rateReached':
      return `${count(reason.limit, 'run')} started within ${spanText(reason.perMs)}, which is rate.limit; the next may start at ${timeText(reason.untilAt)}.`;
    case 'runsRunning':
      return reason.running === 1
        ? `1 run has not ended; concurrency.limit is ${reason.limit}.`
        : `${reason.running} runs have not ended; concurrency.limit is ${reason.limit}.`;
    case 'breakerOpen':
      return breakerText(reason, timeText);
    case 'paused':
      return `It is paused since ${timeText(reason.since)}; what comes is kept.`;
    case 'alreadyWaiting':
      return `Others of its key wait since ${timeText(reason.since)} and come first.`;
    case 'alreadyStarted':
      return `A run with the same identity is being started already: ${reason.runId}.`;
  }
}

/** Without failures it is no longer open: probes run, or what was parked starts one after the other. */
function breakerText(
  { failures, untilAt }: Extract<Reason, { readonly kind: 'breakerOpen' }>,
  timeText: (at: number) => string,
): string {
  if (failures === 0) return 'The breaker lets runs through one after the other until it is sure of them.';
  const until = untilAt === undefined ? '' : `, until ${timeText(untilAt)}`;
  return `The breaker is open after ${count(failures, 'failed run')}${until}.`;
}

function supersededText(reason: Extract<Reason, { readonly kind: 'superseded' }>): string {
  switch (reason.keep) {
    case 'last':
      return 'A later event of the same window took its place (keep: last).';
    case 'first':
      return 'An earlier event of the same window stands (keep: first).';
    case 'part':
      return `A later event took its place as ${reason.part}.`;
  }
}

function expiredText({ withinMs, atLeast, reached }: Extract<Reason, { readonly kind: 'expired' }>): string {
  const window = spanText(withinMs);
  if (atLeast === undefined) return `It is older than the window of ${window}.`;
  const compared = reached === undefined ? `${atLeast} was not reached` : `${reached} of ${atLeast} was reached`;
  return `It is older than the window of ${window}, in which ${compared}.`;
}

/** A number with its noun: `1 run`, `3 runs`. */
function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
