import type { Breaker } from './limit-state.ts';
import type { KeyState, TriggerState, Waiting } from './state.ts';
import { isDebounce } from './stages/window.ts';
import { lineOpensAt, probeDueAt } from './watching.ts';

/** One candidate that waits, for people. */
type WaitingView = {
  readonly how: Waiting['how'];
  readonly stage: Waiting['stage'];
  readonly cause: Waiting['cause'];
  readonly events: number;
  readonly sinceAt: number;
  /** Absent where it waits for a run to end, a place in line, or a person. */
  readonly untilAt?: number;
};

/** What one key holds, for people. Times are epoch milliseconds. */
export type KeyView = {
  readonly key: string;
  readonly sorting?: { readonly events: number; readonly dueAt: number };
  readonly parts?: readonly { readonly part: string; readonly expiresAt: number }[];
  /** Parts that are not there yet. */
  readonly missing?: readonly string[];
  readonly threshold?: { readonly reached: number; readonly atLeast: number; readonly events: number };
  readonly window?: {
    readonly stage: 'debounce' | 'batch';
    readonly mode: 'collecting' | 'suppressing';
    readonly events: number;
    readonly openedAt: number;
    /** Absent where only its events end it. */
    readonly dueAt?: number;
  };
  readonly waiting?: readonly WaitingView[];
  readonly coolingUntil?: number;
  readonly limits?: { readonly starts: number; readonly running: readonly string[]; readonly breaker: Breaker };
  readonly paused?: { readonly sinceAt: number; readonly by: string; readonly kept: number };
};

/** Waiting candidates of one key shown at most. */
const WAITING_SHOWN_MAX = 20;

/** What a key of this state holds, for people and programs. */
export function keyView(name: string, key: KeyState, state: TriggerState): KeyView {
  const { order, join, tally, window, waiting, coolingUntil, limits, paused } = key;
  const sorting = order && order.sorting.length > 0 && { events: order.sorting.length, dueAt: order.dueAt };
  return {
    key: name,
    ...(sorting && { sorting }),
    ...(join && joinView(join)),
    ...(tally && {
      threshold: { reached: tally.total, atLeast: tally.settings.atLeast, events: tally.units.length },
    }),
    ...(window && { window: windowView(window) }),
    ...(waiting && { waiting: waiting.slice(0, WAITING_SHOWN_MAX).map((one) => waitingView(one, state)) }),
    ...(coolingUntil !== undefined && { coolingUntil }),
    ...(limits && {
      limits: {
        starts: limits.starts.length,
        running: limits.running.map((run) => run.runId),
        breaker: limits.breaker,
      },
    }),
    ...(paused && { paused: { sinceAt: paused.sinceAt, by: paused.by, kept: paused.kept.length } }),
  };
}

function joinView({ parts, settings }: NonNullable<KeyState['join']>): Pick<KeyView, 'parts' | 'missing'> {
  return {
    parts: parts.map(({ name: part, expiresAt }) => ({ part, expiresAt })),
    missing: settings.parts.filter((name) => !parts.some((part) => part.name === name)),
  };
}

function windowView(window: NonNullable<KeyState['window']>): NonNullable<KeyView['window']> {
  const { mode, items, openedAt, dueAt, settings } = window;
  const stage = isDebounce(settings) ? 'debounce' : 'batch';
  return { stage, mode, events: items.length, openedAt, ...(dueAt !== undefined && { dueAt }) };
}

function waitingView({ how, stage, cause, items, sinceAt, ...waiting }: Waiting, state: TriggerState): WaitingView {
  const untilAt = waiting.untilAt ?? lineUntilAt(stage, state);
  return { how, stage, cause, events: items.length, sinceAt, ...(untilAt !== undefined && { untilAt }) };
}

/** When the first of a line gets through at the earliest. */
function lineUntilAt(stage: Waiting['stage'], state: TriggerState): number | undefined {
  if (stage === 'rate') return lineOpensAt(state);
  return stage === 'breaker' ? probeDueAt(state) : undefined;
}
