import type { JsonObject } from '../spec/json.ts';
import { jsonBytes } from './json-bytes.ts';

/** One event or run that needs a person. */
export type DeadLetterEntry = {
  readonly at: number;
  /** Event id or run id. */
  readonly id: string;
  readonly key?: string;
  readonly detail: string;
  /** What a person needs to repair and replay it; left out where the dead letter holds too much already. */
  readonly event?: JsonObject;
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
  const { event, detail, ...rest } = entry;
  const reference = { ...rest, detail: detail.slice(0, DETAIL_MAX_CHARS) };
  const keeps = event !== undefined && held.bytes + bytes <= EVENTS_MAX_BYTES;
  held.entries.push(keeps ? { ...reference, event } : reference);
  if (keeps) held.bytes += bytes;
}

/** The entries for people, in Markdown. */
export function deadLetterText(
  of: { code: string; place: string; trigger: string; generation: string },
  held: Held,
): string {
  const shown = held.entries.slice(-10).map((entry) => `- \`${entry.id}\` ${entry.detail}`);
  const count = held.entries.length + held.beyond;
  return [
    `**${of.code}** at \`${of.place}\` of trigger \`${of.trigger}\`, generation \`${of.generation}\``,
    '',
    `${count} ${count === 1 ? 'entry' : 'entries'}${held.beyond > 0 ? `, ${held.beyond} of them only counted` : ''}; the latest:`,
    ...shown,
    '',
    'It stays open until a person is done with it: send the signal `discard` with `{ "reason": "…" }`.',
  ].join('\n');
}
