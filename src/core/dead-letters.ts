import type { JsonObject } from '../spec/json.ts';
import type { RunRequest } from './fact.ts';
import { jsonBytes } from './json-bytes.ts';
import type { Lineage, Replayed } from './lineage.ts';

/** One event or run that needs a person. */
export type DeadLetterEntry = {
  readonly at: number;
  /** Event id or run id. */
  readonly id: string;
  readonly key?: string;
  readonly detail: string;
  /** What a person needs to repair and replay it; left out where the dead letter holds too much already. */
  readonly event?: JsonObject;
  /** Of an event that could not be offered, the Source it came in through. */
  readonly via?: string;
  /** Of an event that a run emitted. */
  readonly lineage?: Lineage;
  /** Of an event that came once more by a replay. */
  readonly replayed?: Replayed;
  /** Of a run, the run itself: what a replay starts again. */
  readonly run?: RunRequest;
};

/** What an open dead letter holds. */
export type Held = {
  readonly entries: DeadLetterEntry[];
  /** Bytes of the entries' events. */
  bytes: number;
  /** Entries that came when it was full: counted, not kept. */
  beyond: number;
};

/** Entries a dead letter keeps; more are counted. */
const ENTRIES_MAX = 1_000;
/** Bytes of events it keeps, well under what one payload may hold; past that an entry stays without its event. */
const EVENTS_MAX_BYTES = 512 * 1_024;
/** Bytes of a run that it keeps for its replay: an instance holds no more of events, and one payload takes 2 MB. */
const RUN_MAX_BYTES = 1_024 * 1_024;
/** Characters kept of an entry's detail: 1,000 of them stay well under one payload too, whatever they hold. */
const DETAIL_MAX_CHARS = 300;

/** Takes an entry in, within the bounds. The same event or run counts once. Changes `held` in place. */
export function addEntry(held: Held, entry: DeadLetterEntry): void {
  if (held.entries.some((known) => known.id === entry.id)) return;
  if (held.entries.length >= ENTRIES_MAX) {
    held.beyond += 1;
    return;
  }
  const bytes = jsonBytes(entry.event);
  const { event, detail, run, ...rest } = entry;
  const isKept = run !== undefined && jsonBytes(run) <= RUN_MAX_BYTES;
  const reference = { ...rest, detail: detail.slice(0, DETAIL_MAX_CHARS), ...(isKept && { run }) };
  const keeps = event !== undefined && held.bytes + bytes <= EVENTS_MAX_BYTES;
  held.entries.push(keeps ? { ...reference, event } : reference);
  if (keeps) held.bytes += bytes;
}

/**
 * Takes out of it what was taken elsewhere, and says anew of the rest why it is here still. `reasons` has what was not
 * taken, by id; entries that are not in it are left alone. Changes `held` in place.
 */
export function letGo(held: Held, taken: ReadonlySet<string>, reasons: ReadonlyMap<string, string>): void {
  const left = held.entries.filter(({ id }) => !taken.has(id));
  held.entries.splice(0, Infinity);
  held.bytes = 0;
  for (const entry of left) {
    held.entries.push({ ...entry, detail: (reasons.get(entry.id) ?? entry.detail).slice(0, DETAIL_MAX_CHARS) });
    held.bytes += jsonBytes(entry.event);
  }
}

/** Entries in parts of at most so many, and about so many bytes: what one activity takes. */
export function partsOf(
  entries: readonly DeadLetterEntry[],
  { most, bytes }: { readonly most: number; readonly bytes: number },
): readonly (readonly DeadLetterEntry[])[] {
  const parts: DeadLetterEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const weight = jsonBytes(entry.event) + jsonBytes(entry.detail);
    const last = parts.at(-1);
    room -= weight;
    if (last && last.length < most && room >= 0) last.push(entry);
    else {
      parts.push([entry]);
      room = bytes - weight;
    }
  }
  return parts;
}

/** What an open dead letter says of itself. */
type About = {
  readonly of: 'events' | 'run';
  readonly code: string;
  readonly place: string;
  readonly trigger: string;
  readonly generation: string;
  readonly handling?: {
    readonly edited?: { readonly by: string; readonly at: number };
    readonly refused?: { readonly code: string; readonly detail: string; readonly by: string; readonly at: number };
  };
};

/** The entries for people, in Markdown, and what people have tried. */
export function deadLetterText(
  { of, code, place, trigger, generation, handling = {} }: About,
  held: Held,
  timeText: (at: number) => string,
): string {
  const shown = held.entries.slice(-10).map((entry) => `- \`${entry.id}\` ${entry.detail}`);
  const count = held.entries.length + held.beyond;
  const { edited, refused } = handling;
  return [
    `**${code}** at \`${place}\` of trigger \`${trigger}\`, generation \`${generation}\``,
    '',
    `${count} ${count === 1 ? 'entry' : 'entries'}${held.beyond > 0 ? `, ${held.beyond} of them only counted` : ''}; the latest:`,
    ...shown,
    '',
    ...(edited ? [`Its replay has parameters that ${edited.by} gave at ${timeText(edited.at)}.`, ''] : []),
    ...(refused
      ? [`The replay by ${refused.by} at ${timeText(refused.at)} was refused, ${refused.code}: ${refused.detail}`, '']
      : []),
    `It stays open until a person is done with it: the updates \`replay\`${of === 'run' ? ', `edit`' : ''} and \`discard\` take \`{ "by": "…", "reason": "…" }\`.`,
  ].join('\n');
}

/** How it was closed, in Markdown. */
export function letterEndText(
  end:
    | { readonly discarded: string; readonly by?: string }
    | { readonly replayed: string; readonly by: string }
    | { readonly taken: number; readonly by: string },
): string {
  if ('taken' in end) return `**Replayed** by ${end.by}: ${end.taken} events were taken.`;
  if ('replayed' in end) return `**Replayed** by ${end.by} as \`${end.replayed}\`.`;
  return `**Discarded**${end.by === undefined ? '' : ` by ${end.by}`}: ${end.discarded}`;
}
