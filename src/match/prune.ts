import type { JsonObject } from '../spec/json.ts';
import type { Reads } from './expression.ts';

/**
 * Keeps of an event only the paths an expression reads. A list on a path is kept whole, `whole` keeps the event as it
 * is, undefined keeps nothing.
 */
export function pruneTo(event: JsonObject, reads: Reads[string] | undefined): JsonObject {
  return reads === undefined ? {} : event;
}
