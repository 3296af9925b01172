import { hash } from 'node:crypto';

import { canonicalJson } from '../match/canonical.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { Json } from '../spec/json.ts';
import type { IncomingEvent } from './outcome.ts';

/** 22 characters of base64url: 128 bits. */
const ID_LENGTH = 22;
/** 12 characters of base64url: 72 bits. */
const HASH_LENGTH = 12;

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** The short, URL-safe id of an event, derived from source and id: `evt_` and 22 characters. */
export function eventIdOf(event: Pick<CloudEvent, 'source' | 'id'>): string {
  return `evt_${digest(`${event.source}\0${event.id}`).slice(0, ID_LENGTH)}`;
}

/**
 * The id of an event as it comes in. One that a replay brings once more is another event, the same one whenever that
 * replay brings it: no source holds a NUL.
 */
export function incomingIdOf({ event, replayed }: Pick<IncomingEvent, 'event' | 'replayed'>): string {
  if (replayed === undefined) return eventIdOf(event);
  return `evt_${digest(`\0replay\0${replayed.replayId}\0${replayed.eventId}`).slice(0, ID_LENGTH)}`;
}

/** Hash over what an event says: two events with the same source and id but another body are a conflict. */
export function bodyHashOf(event: CloudEvent): string {
  const { type, subject = null, datacontenttype = null, data = null, data_base64 = null } = event;
  return digest(canonicalJson([type, subject, datacontenttype, data, data_base64])).slice(0, HASH_LENGTH);
}

/** Hash over the values of `dedupe.by`; never equal to a part of an event id by construction of what is hashed. */
export function dedupeHashOf(values: readonly Json[]): string {
  return digest(`by\0${canonicalJson(values)}`).slice(0, HASH_LENGTH);
}
