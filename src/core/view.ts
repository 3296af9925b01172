import { spanText } from './explain.ts';
import {
  type Counts,
  dueAt,
  type KeyState,
  nextDeadline,
  type Pressure,
  pressureOf,
  type TriggerState,
} from './state.ts';

/** Keys shown to people: enough to see what is going on, small enough to send. */
const KEYS_SHOWN_MAX = 100;
/** A timer's label: within Temporal's 400 bytes even where every character takes three. */
export const TIMER_TEXT_MAX_CHARS = 130;
/** Keys named in the details of an execution. */
const KEYS_IN_DETAILS = 10;

/** Keys looked at for the details: they are written after every task, whose cost must not grow with the keys. */
const KEYS_SCANNED = 500;

/** The keys with the earliest deadlines among the first `scanned`, earliest first. */
function earliestKeys(state: TriggerState, most: number, scanned = Infinity): readonly (readonly [string, KeyState])[] {
  const looked: { name: string; key: KeyState; due: number }[] = [];
  for (const [name, key] of state.keys) {
    if (looked.push({ name, key, due: dueAt(key) ?? Infinity }) >= scanned) break;
  }
  looked.sort((a, b) => a.due - b.due || (a.name < b.name ? -1 : 1));
  return looked.slice(0, most).map(({ name, key }) => [name, key] as const);
}

/** What a key is doing, in one line. */
export function keyText(name: string, key: KeyState, timeText: (at: number) => string): string {
  const parts: string[] = [];
  const { window, hold, coolingUntil } = key;
  if (window?.mode === 'collecting') {
    parts.push(`collects ${events(window.items.length)}, fires at ${timeText(window.dueAt)} (${quietText(window)})`);
  }
  if (window?.mode === 'suppressing') parts.push(`suppresses until ${timeText(window.dueAt)} (leading edge fired)`);
  if (hold) parts.push(`holds ${events(hold.items.length)} until ${timeText(hold.untilAt)} (${hold.stage})`);
  if (coolingUntil !== undefined && !hold) parts.push(`cools down until ${timeText(coolingUntil)}`);
  return `\`${name}\` ${parts.join('; ')}`;
}

function events(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}

function quietText(window: NonNullable<KeyState['window']>): string {
  const { quietMs, maxWaitMs } = window.settings;
  const longest = maxWaitMs === undefined ? '' : `, at most ${spanText(maxWaitMs)} in all`;
  return `${spanText(quietMs)} after the last event${longest}`;
}

/** The label of the one timer: what happens when it fires. At most 200 bytes are shown. */
export function timerText(state: TriggerState, timeText: (at: number) => string): string {
  const next = nextDeadline(state);
  const key = next && state.keys.get(next.key);
  return next && key ? clip(keyText(clip(next.key, 40), key, timeText), TIMER_TEXT_MAX_CHARS) : 'nothing due';
}

/** The state for people, in Markdown: what is open, when it fires and why. */
export function detailsText(state: TriggerState, timeText: (at: number) => string): string {
  const { counts, definition } = state;
  const shown = earliestKeys(state, KEYS_IN_DETAILS, KEYS_SCANNED);
  const lines = shown.map(([name, key]) => `- ${keyText(name, key, timeText)}`);
  const more = state.keys.size - shown.length;
  const suppressed = Object.entries(counts.suppressed).filter(([, count]) => count > 0);
  return [
    `**${definition.name}** generation \`${definition.generation}\` → target \`${definition.run.target}\``,
    '',
    lines.length === 0 ? 'Nothing is open.' : '**Open**',
    ...lines,
    ...(more > 0 ? [`- and ${more} more keys`] : []),
    '',
    `**So far** ${counts.accepted} events accepted, ${counts.eventsInRuns} of them in ${counts.runs} runs, ${state.pendingItems} pending, ${counts.deadLettered} dead-lettered.`,
    ...(suppressed.length > 0
      ? [`Suppressed: ${suppressed.map(([stage, count]) => `${count} by ${stage}`).join(', ')}.`]
      : []),
  ].join('\n');
}

/** A text cut to `most` characters. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** One open window, hold or cooldown, for people. Times are epoch milliseconds. */
export type KeyView = {
  readonly key: string;
  readonly window?: {
    readonly mode: 'collecting' | 'suppressing';
    readonly events: number;
    readonly openedAt: number;
    readonly dueAt: number;
  };
  readonly hold?: { readonly stage: string; readonly events: number; readonly untilAt: number };
  readonly coolingUntil?: number;
};

/** What an instance shows of itself, history aside. */
export type StateView = {
  readonly definition: TriggerState['definition'];
  readonly clock: number;
  readonly nextDeadline?: { readonly at: number; readonly key: string };
  /** The keys with the earliest deadlines, at most 100. */
  readonly keys: readonly KeyView[];
  readonly liveKeys: number;
  readonly pressure: Pressure;
  readonly counts: Counts;
  /** Runs decided and not yet confirmed as started, at most 100. */
  readonly starting: readonly string[];
  readonly dedupeReachesBackTo?: number;
};

/** The state for people and programs. Costs one pass over the keys: for queries, not for steps. */
export function instanceView(state: TriggerState): StateView {
  const next = nextDeadline(state);
  const oldestAt = state.seen.oldestAt();
  return {
    definition: state.definition,
    clock: state.clock,
    ...(next && { nextDeadline: { at: next.at, key: next.key } }),
    keys: earliestKeys(state, KEYS_SHOWN_MAX).map(([name, key]) => keyView(name, key)),
    liveKeys: state.keys.size,
    pressure: pressureOf(state),
    counts: state.counts,
    starting: [...state.starting.keys()].slice(0, KEYS_SHOWN_MAX),
    ...(oldestAt !== undefined && { dedupeReachesBackTo: oldestAt }),
  };
}

function keyView(key: string, { window, hold, coolingUntil }: KeyState): KeyView {
  return {
    key,
    ...(window && {
      window: { mode: window.mode, events: window.items.length, openedAt: window.openedAt, dueAt: window.dueAt },
    }),
    ...(hold && { hold: { stage: hold.stage, events: hold.items.length, untilAt: hold.untilAt } }),
    ...(coolingUntil !== undefined && { coolingUntil }),
  };
}
