import type { Lineage, Replayed } from '../core/lineage.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { IncomingEvent } from './outcome.ts';

const ATTRIBUTES: ReadonlySet<string> = new Set([
  'signalboxroot',
  'signalboxparent',
  'signalboxdepth',
  'signalboxreplay',
  'signalboxreplayof',
]);

/**
 * An event as plain JSON, absent attributes left out. The attributes of lineage stand in it as the machinery knows them:
 * those that a sender wrote are left out, so that nobody makes a chain look shorter, or a first event look like a late one.
 */
export function eventJson({
  event,
  lineage,
  replayed,
}: Pick<IncomingEvent, 'event' | 'lineage' | 'replayed'>): JsonObject {
  const json: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(event)) {
    if (value !== undefined && !ATTRIBUTES.has(name)) json[name] = value;
  }
  return { ...json, ...(lineage && attributesOf(lineage)), ...(replayed && replayAttributes(replayed)) };
}

/** How an event says that it came once more. */
export function replayAttributes({ eventId, replayId }: Replayed): JsonObject {
  return { signalboxreplay: replayId, signalboxreplayof: eventId };
}

function attributesOf({ root, parent, depth }: Lineage): JsonObject {
  return { signalboxroot: root, signalboxparent: parent, signalboxdepth: depth };
}
