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
  /** Of something that the run did beside its course, the call that a replay makes again instead. */
  readonly call?: CallAgain;
};

/** A call of a run that can be made again by itself. `params` are templates still, which see `seen` too. */
export type CallAgain = {
  readonly name: string;
  /** Pointer into the trigger's spec. */
  readonly place: string;
  readonly target: string;
  readonly params: JsonObject;
  readonly seen: JsonObject;
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
  const { event, detail, run, call, ...rest } = entry;
  const isKept = run !== undefined && jsonBytes(run) + jsonBytes(call) <= RUN_MAX_BYTES;
  const again = isKept && { run, ...(call && { call }) };
  const reference = { ...rest, detail: detail.slice(0, DETAIL_MAX_CHARS), ...again };
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

const SEND_ANEW = 'then discard this.';
/** Codes of what a replay would only fail with again, and what to do instead. */
const NOT_REPLAYABLE: ReadonlyMap<string, string> = new Map([
  ['event_id_conflict', `The first event of this id stands. Send this one under an id of its own, ${SEND_ANEW}`],
  ['event_late', `A later event of its key has gone on. Send it again with a higher \`order.by\`, ${SEND_ANEW}`],
  ['part_missing', `The other parts did not come in time. Send all of them again under new ids, ${SEND_ANEW}`],
  ['run_id_conflict', `Correct \`run.identity\` and send these events again under new ids, ${SEND_ANEW}`],
  ['chain_too_long', `The event would go on in its circle. Break that, send the event by hand, ${SEND_ANEW}`],
]);

/** Why what it holds cannot be replayed, and what to do instead. */
export function notReplayable(code: string): string {
  return NOT_REPLAYABLE.get(code) ?? `It does not hold what a replay needs. Send the event by hand, ${SEND_ANEW}`;
}

/** How it was closed, in Markdown. */
export function letterEndText(
  end:
    | { readonly discarded: string; readonly by?: string }
    | { readonly replayed: string; readonly by: string }
    | { readonly taken: number; readonly by: string }
    | { readonly called: string; readonly by: string },
): string {
  if ('called' in end) return `**Replayed** by ${end.by}: \`${end.called}\` took the call.`;
  if ('taken' in end) return `**Replayed** by ${end.by}: ${end.taken} events were taken.`;
  if ('replayed' in end) return `**Replayed** by ${end.by} as \`${end.replayed}\`.`;
  return `**Discarded**${end.by === undefined ? '' : ` by ${end.by}`}: ${end.discarded}`;
}
