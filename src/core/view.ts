import { dueAt, nextDeadline } from './due.ts';
import { breakerText, keyText, sharedText } from './key-text.ts';
import { type KeyView, keyView } from './key-view.ts';
import type { Breaker } from './limit-state.ts';
import { type Counts, type KeyState, type Pressure, pressureOf, type TriggerState, type Watched } from './state.ts';

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

/** The label of the one timer: what happens when it fires. At most 200 bytes are shown. */
export function timerText(state: TriggerState, timeText: (at: number) => string): string {
  const next = nextDeadline(state);
  if (next === undefined) return 'nothing due';
  if (next.kind !== 'key') return clip(sharedText(state, next.at, timeText), TIMER_TEXT_MAX_CHARS);
  const key = state.keys.get(next.key);
  return key ? clip(keyText(clip(next.key, 40), key, timeText), TIMER_TEXT_MAX_CHARS) : 'nothing due';
}

/** The state for people, in Markdown: what is open, when it fires and why. */
export function detailsText(state: TriggerState, timeText: (at: number) => string): string {
  const { counts, definition } = state;
  const shown = earliestKeys(state, KEYS_IN_DETAILS, KEYS_SCANNED);
  const lines = shown.map(([name, key]) => `- ${keyText(name, key, timeText)}`);
  const { paused } = state;
  const more = state.keys.size - shown.length;
  const suppressed = Object.entries(counts.suppressed).filter(([, count]) => count > 0);
  return [
    `**${definition.name}** generation \`${definition.generation}\` → target \`${definition.run.target}\``,
    '',
    ...(paused
      ? [`**Paused** since ${timeText(paused.sinceAt)} by ${paused.by}; ${paused.kept.length} kept.`, '']
      : []),
    ...(state.limits.breaker.mode === 'closed'
      ? []
      : [`**Breaker** ${breakerText(state.limits.breaker, timeText)}.`, '']),
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

/** What an instance shows of itself, history aside. */
export type StateView = {
  readonly definition: TriggerState['definition'];
  readonly clock: number;
  /** `key` is absent where it is about the whole trigger. */
  readonly nextDeadline?: { readonly at: number; readonly key?: string };
  readonly paused?: { readonly sinceAt: number; readonly by: string; readonly kept: number };
  /** What limits of the whole trigger have counted. */
  readonly limits: { readonly starts: number; readonly running: readonly string[]; readonly breaker: Breaker };
  /** What the fallback watches, and when it is due. */
  readonly watched: readonly { readonly key: string; readonly dueAt: number; readonly lastAt?: number }[];
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
  const { paused, limits } = state;
  return {
    definition: state.definition,
    clock: state.clock,
    ...(next && { nextDeadline: { at: next.at, ...(next.kind === 'key' && { key: next.key }) } }),
    ...(paused && { paused: { sinceAt: paused.sinceAt, by: paused.by, kept: paused.kept.length } }),
    limits: { starts: limits.starts.length, running: limits.running.map((run) => run.runId), breaker: limits.breaker },
    watched: [...state.watched].map(watchView),
    keys: earliestKeys(state, KEYS_SHOWN_MAX).map(([name, key]) => keyView(name, key, state)),
    liveKeys: state.keys.size,
    pressure: pressureOf(state),
    counts: state.counts,
    starting: [...state.starting.keys()].slice(0, KEYS_SHOWN_MAX),
    ...(oldestAt !== undefined && { dedupeReachesBackTo: oldestAt }),
  };
}

function watchView([key, { dueAt: at, lastAt }]: readonly [string, Watched]): StateView['watched'][number] {
  return { key, dueAt: at, ...(lastAt !== undefined && { lastAt }) };
}
