import { spanText } from '../core/explain.ts';
import type { FieldChange } from '../load/difference.ts';
import type { Json } from '../spec/json.ts';
import { parseDurationMs } from '../spec/units.ts';
import type { OpenWork, ShownDifference } from './diff.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';
import { table } from './output.ts';

/** Characters of a value: more is looked up in the files. */
const VALUE_CHARS_MAX = 36;

/** What a change of a field means; the longest path that begins a field's says it. */
const MEANINGS: readonly (readonly [path: string, meaning: string])[] = [
  ['metadata', 'shown, and seen by expressions as trigger.labels'],
  ['spec.mode', 'live calls targets, shadow only records; from the next run on'],
  ['spec.retain', 'what history keeps of events that come from now on'],
  ['spec.events', 'which events it takes from now on'],
  ['spec.events.within', 'how long parts that come from now on wait for the others'],
  ['spec.key', 'events go to other keys, with windows and limits of their own'],
  ['spec.collect', 'what items are, of events that come from now on'],
  ['spec.dedupe', 'which events count as the same; identities seen so far stay'],
  ['spec.dedupe.window', 'how long the same identity is suppressed'],
  ['spec.freshness', 'how old an event may be'],
  ['spec.order', 'which events count as late'],
  ['spec.threshold', 'when enough came; what is tallied now goes on as it was'],
  ['spec.debounce', 'windows that open from now on'],
  ['spec.debounce.quiet', 'a new window ends so long after its last event'],
  ['spec.debounce.maxWait', 'a new window ends at the latest so long after its first event'],
  ['spec.batch', 'batches that open from now on'],
  ['spec.hours', 'when runs may start, of what is held too'],
  ['spec.cooldown', 'from the next start on; a cooldown that runs ends as it began'],
  ['spec.rate', 'counts the starts so far, and what is held is checked by it'],
  ['spec.concurrency', 'counts the runs that go on, and what is held is checked by it'],
  ['spec.breaker', 'counts from now on'],
  ['spec.fallback', 'from now on'],
  ['spec.approval', 'runs that are decided from now on'],
  ['spec.emit', 'runs that are decided from now on'],
  ['spec.run', 'runs that are decided from now on, of open windows too'],
  ['spec.run.identity', 'which runs are the same run, from now on'],
  ['spec.run.lane', 'runs that are decided from now on wait in this lane'],
];
const OF_TARGET = 'calls from now on, repeated ones too';
const OF_SOURCE = 'requests from now on';

/** Differences for people: what is removed with something open comes first and is loud. */
export function diffLines(differences: readonly ShownDifference[], nowMs: number): readonly string[] {
  if (differences.length === 0) return ['No difference: the service has these definitions.'];
  const loud = differences.flatMap((one) => (one.change === 'removed' && one.open ? [one] : []));
  const count = (change: ShownDifference['change']): number => differences.filter((it) => it.change === change).length;
  return [
    ...loud.flatMap((one) => loudLines(one, nowMs)),
    ...differences.flatMap((one) => [...lines(one, nowMs), '']),
    `${count('added')} added, ${count('removed')} removed, ${count('changed')} changed`,
  ];
}

function loudLines({ name, open, renamed }: ShownDifference, nowMs: number): readonly string[] {
  if (!open) return [];
  const gone = renamed === undefined ? 'is REMOVED' : `is RENAMED to ${renamed}`;
  return [
    `WARNING: ${name} ${gone} and holds ${openText(open, nowMs)}.`,
    `  They end by the settings that opened them and start their runs; new events no longer reach them.`,
    `  ${renamed === undefined ? '' : `${renamed} begins with nothing: no window, cooldown or identity goes over. `}Keep ${name} until nothing is open, or let it end.`,
    '',
  ];
}

function lines(difference: ShownDifference, nowMs: number): readonly string[] {
  const { kind, name, change, before, after, fields, open, renamed } = difference;
  const generations = change === 'changed' && before !== after ? `  ${before} → ${after}` : '';
  const same = renamed === undefined ? '' : `, the same as ${renamed}`;
  const rows = fields.map((field) => [
    `  ${field.path.replace(/^spec\./, '')}`,
    `${valueText(field, 'before')} → ${valueText(field, 'after')}`,
    meaningOf(kind, field.path),
  ]);
  return [
    `${kind} ${name}: ${change}${same}${generations}`,
    ...(rows.length > 0 ? table(rows) : []),
    ...(change === 'changed' && open
      ? [`  open: ${openText(open, nowMs)}; open windows end by the settings that opened them`]
      : []),
  ];
}

function openText({ windows, events, heldEvents, keys, shownKeys, nextDeadline }: OpenWork, nowMs: number): string {
  const more = keys > shownKeys.length ? ', …' : '';
  const parts = [
    counted(windows, 'open window'),
    `${counted(events, 'pending event')}${heldEvents > 0 ? ` (${heldEvents} held)` : ''}`,
    ...(shownKeys.length > 0 ? [`${counted(keys, 'key')} (${shownKeys.join(', ')}${more})`] : []),
    ...(nextDeadline === undefined ? [] : [`the next ends ${moment(nextDeadline, nowMs)}`]),
  ];
  return parts.join(', ');
}

function meaningOf(kind: ShownDifference['kind'], path: string): string {
  if (kind === 'Target') return OF_TARGET;
  if (kind === 'Source') return OF_SOURCE;
  const fitting = MEANINGS.filter(([prefix]) => path === prefix || path.startsWith(`${prefix}.`));
  return fitting.toSorted(([a], [b]) => b.length - a.length)[0]?.[1] ?? 'from now on';
}

/** A default is a number of milliseconds where the other side wrote a duration. */
function valueText(field: FieldChange, side: 'before' | 'after'): string {
  const [value, other] = side === 'before' ? [field.before, field.after] : [field.after, field.before];
  if (value === undefined) return 'not set';
  const isDefaultSpan = typeof value === 'number' && typeof other === 'string' && parseDurationMs(other) !== undefined;
  if (isDefaultSpan) return `${spanText(value)} (default)`;
  return clip(textOf(value));
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function clip(text: string): string {
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX - 1)}…`;
}
