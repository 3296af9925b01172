import { refusal, type Refusal, type Violation } from '../errors.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { nameFault, REQUIRED_ATTRIBUTES, valueFault } from './event-attributes.ts';
import { dataFromBytes, isBase64 } from './event-data.ts';
import { pointerTo } from './json-pointer.ts';
import { parseMediaType } from './media-type.ts';

/** Violations one answer names: enough to correct a sender, small enough for any client to show. */
const VIOLATIONS_MAX = 20;

/** An event, or everything that is wrong with it. */
export type EventReading =
  | { readonly ok: true; readonly event: CloudEvent }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Checks context attributes and makes an event of them, still without data. Attributes that are null count as absent
 * (CloudEvents JSON format, section 2.2). `placeOf` names an attribute's place for violations.
 */
export function eventFromAttributes(attributes: JsonObject, placeOf: (name: string) => string): EventReading {
  const violations: Violation[] = [];
  const present: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(attributes)) {
    const fault = nameFault(name) ?? (value === null ? undefined : valueFault(name, value));
    if (fault) violations.push({ pointer: placeOf(name), message: `${name.slice(0, 64)} ${fault}` });
    else if (value !== null) present[name] = value;
  }
  for (const name of REQUIRED_ATTRIBUTES) {
    if ((attributes[name] ?? null) === null) violations.push({ pointer: placeOf(name), message: `${name} is missing` });
  }
  const { id, source, type } = present;
  if (violations.length > 0 || typeof id !== 'string' || typeof source !== 'string' || typeof type !== 'string') {
    return { ok: false, refusal: malformed(violations) };
  }
  return { ok: true, event: { ...present, specversion: '1.0', id, source, type } };
}

/**
 * Reads an event in the JSON format of CloudEvents 1.0. `data_base64` of a declared JSON or text type becomes `data`,
 * as the same bytes would in binary mode; where no type is declared it stays what it is.
 */
export function eventFromJson(members: JsonObject, pointer: string): EventReading {
  const { data, data_base64: base64 = null, ...attributes } = members;
  const reading = eventFromAttributes(attributes, (name) => pointerTo(pointer, name));
  if (!reading.ok) return reading;
  const event = reading.event;
  if (base64 === null) return data === undefined ? reading : { ok: true, event: Object.assign({}, event, { data }) };
  const place = `${pointer}/data_base64`;
  if (data !== undefined) return fault(place, 'data and data_base64 exclude each other');
  if (typeof base64 !== 'string' || !isBase64(base64)) return fault(place, 'data_base64 must be a string of base64');
  const declared = event.datacontenttype === undefined ? undefined : parseMediaType(event.datacontenttype);
  const decoded = dataFromBytes(Buffer.from(base64, 'base64'), declared, Object.keys(event).length);
  if (decoded.ok) return { ok: true, event: { ...event, ...decoded.member } };
  const { code, detail } = decoded;
  return { ok: false, refusal: refusal(code, detail, { violations: [{ pointer: place, message: detail }] }) };
}

/** One refusal of an event for everything that is wrong with it. */
export function malformed(violations: readonly Violation[]): Refusal {
  const first = violations[0]?.message ?? 'unreadable';
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
  const detail = `Not a CloudEvent 1.0: ${first}${more}.`;
  return refusal('malformed_event', detail, { violations: violations.slice(0, VIOLATIONS_MAX) });
}

function fault(pointer: string, message: string): EventReading {
  return { ok: false, refusal: malformed([{ pointer, message }]) };
}
