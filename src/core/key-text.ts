import { spanText } from './explain.ts';
import type { Breaker } from './limit-state.ts';
import { isDebounce } from './stages/window.ts';
import type { KeyState, TriggerState, Waiting } from './state.ts';
import { checkDueAt, lineOpensAt, probeDueAt } from './watching.ts';

type TimeText = (at: number) => string;

/** What a key is doing, in one line. */
export function keyText(name: string, key: KeyState, timeText: TimeText): string {
  const { order, join, tally, window, waiting = [], coolingUntil, paused } = key;
  const [first] = waiting;
  const parts: string[] = [];
  if (paused) parts.push(`paused since ${timeText(paused.sinceAt)}, keeps ${events(paused.kept.length)}`);
  if (order && order.sorting.length > 0)
    parts.push(`sorts ${events(order.sorting.length)} until ${timeText(order.dueAt)}`);
  if (join) parts.push(joinText(join, timeText));
  if (tally) parts.push(`has ${tally.total} of ${tally.settings.atLeast} within ${spanText(tally.settings.withinMs)}`);
  if (window) parts.push(windowText(window, timeText));
  if (first) parts.push(waitingText(first, timeText));
  if (waiting.length > 1) parts.push(`${waiting.length - 1} more wait behind it`);
  if (coolingUntil !== undefined && !first) parts.push(`cools down until ${timeText(coolingUntil)}`);
  return `\`${name}\` ${parts.join('; ')}`;
}

function events(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}

function joinText({ parts, settings }: NonNullable<KeyState['join']>, timeText: TimeText): string {
  const missing = settings.parts.filter((name) => !parts.some((part) => part.name === name));
  const [oldest] = parts;
  return `waits for ${missing.join(', ')}${oldest ? ` until ${timeText(oldest.expiresAt)}` : ''}`;
}

function windowText(window: NonNullable<KeyState['window']>, timeText: TimeText): string {
  const { mode, dueAt, items, settings } = window;
  const due = dueAt === undefined ? '' : timeText(dueAt);
  if (mode === 'suppressing') return `suppresses until ${due} (leading edge fired)`;
  const fires = due === '' ? '' : `, fires at ${due}`;
  if (!isDebounce(settings)) {
    const { maxEvents } = settings;
    return `collects ${events(items.length)}${maxEvents === undefined ? '' : ` of ${maxEvents}`}${fires}`;
  }
  const longest = settings.maxWaitMs === undefined ? '' : `, at most ${spanText(settings.maxWaitMs)} in all`;
  return `collects ${events(items.length)}${fires} (${spanText(settings.quietMs)} after the last event${longest})`;
}

const HOW = { hold: 'holds', queue: 'queues', park: 'parks' } as const;

function waitingText({ how, stage, items, untilAt }: Waiting, timeText: TimeText): string {
  const until = untilAt === undefined ? '' : ` until ${timeText(untilAt)}`;
  return `${HOW[how]} ${events(items.length)}${until} (${stage})`;
}

/** A breaker in a few words. */
export function breakerText(breaker: Breaker, timeText: TimeText): string {
  switch (breaker.mode) {
    case 'closed':
      return 'closed';
    case 'open':
      return breaker.untilAt === undefined
        ? 'open until a person closes it'
        : `open until ${timeText(breaker.untilAt)}`;
    case 'halfOpen':
      return `half open, ${breaker.probes.length} on their way as probes`;
    case 'draining':
      return 'closed again, what was parked starts one after the other';
  }
}

/** What is due next of the whole trigger, in one line. */
export function sharedText(state: TriggerState, at: number, timeText: TimeText): string {
  const time = timeText(at);
  if (lineOpensAt(state) === at) return `the rate lets another run start at ${time}`;
  if (probeDueAt(state) === at) return `the breaker lets a probe through at ${time}`;
  if (checkDueAt(state) === at) return `runs that keep others waiting are looked for at ${time}`;
  return `the fallback is due at ${time}`;
}
