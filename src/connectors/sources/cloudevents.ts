import { type ErrorCode, refusal } from '../../errors.ts';
import type { CloudEvent } from '../../spec/event.ts';
import type { Json, JsonObject } from '../../spec/json.ts';
import { eventFromAttributes, eventFromJson, malformed } from '../cloud-event.ts';
import { dataFromBytes } from '../event-data.ts';
import { attributesFromHeaders, hasEventHeaders, headerOf } from '../event-headers.ts';
import { isUtf8Charset, type MediaType, parseMediaType } from '../media-type.ts';
import type { Decoded, Source, SourceRequest } from '../source.ts';
import { JSON_DEPTH_MAX, JSON_LEAVES_MAX, type JsonFault, parseStrictJson } from '../strict-json.ts';

/** Longest event as sent, in bytes: a Temporal payload may have 2 MB, a signal's history event costs its size twice. */
const EVENT_MAX_BYTES = 256 * 1_024;
/** Most events of one batch: each may become a dead letter or several offers, all within one request's time. */
const BATCH_MAX_EVENTS = 1_000;
/** Longest batch as sent, in bytes: about 1,000 events of an ordinary size. */
const BATCH_MAX_BYTES = 4 * 1_024 * 1_024;

const EVENT_TYPE = 'application/cloudevents+json';
const BATCH_TYPE = 'application/cloudevents-batch+json';
const EVENT_LIMITS = { depthMax: JSON_DEPTH_MAX, leavesMax: JSON_LEAVES_MAX };
const BATCH_LIMITS = { ...EVENT_LIMITS, items: { countMax: BATCH_MAX_EVENTS, bytesMax: EVENT_MAX_BYTES } };
const HOW_TO_SEND =
  `Send one event as JSON with Content-Type: ${EVENT_TYPE} and at least ` +
  '{"specversion":"1.0","id":"1","source":"/me","type":"demo"}, a list of them with ' +
  `Content-Type: ${BATCH_TYPE}, or the data alone with the headers ce-specversion, ce-id, ce-source and ce-type.`;

/** CloudEvents 1.0 over HTTP: structured, binary and batched content mode, told apart by Content-Type. */
export const cloudEventsSource: Source = {
  bodyBytesMax: (headers) => (contentType(headers)?.essence === BATCH_TYPE ? BATCH_MAX_BYTES : EVENT_MAX_BYTES),
  decode(request) {
    const type = contentType(request.headers);
    if (type?.essence === BATCH_TYPE) return withUtf8(type, () => decodeBatch(request.body));
    if (type?.essence === EVENT_TYPE) return withUtf8(type, () => decodeStructured(request.body));
    if (type?.essence.startsWith('application/cloudevents')) {
      return refuse('unsupported_content_type', `The event format ${type.essence} is not read here. ${HOW_TO_SEND}`);
    }
    if (hasEventHeaders(request.headers)) return decodeBinary(request, type);
    return refuse('unsupported_content_type', `The request does not say that it is a CloudEvent. ${HOW_TO_SEND}`);
  },
};

function decodeStructured(body: Uint8Array): Decoded {
  const json = parseStrictJson(body, EVENT_LIMITS);
  if (!json.ok) return refuseFault(json, 'The event is refused.');
  if (!isObject(json.value)) return refuseShape('', `An event is a JSON object; a list is sent as ${BATCH_TYPE}`);
  const reading = eventFromJson(json.value, '');
  return reading.ok ? { ok: true, events: [reading.event], batch: false } : reading;
}

function decodeBatch(body: Uint8Array): Decoded {
  const json = parseStrictJson(body, BATCH_LIMITS);
  if (!json.ok) return refuseFault(json, atIndex(json.pointer));
  if (!isList(json.value)) return refuseShape('', 'A batch is a JSON array of events');
  const events: CloudEvent[] = [];
  for (const [index, item] of json.value.entries()) {
    if (!isObject(item)) return refuseShape(`/${index}`, `Event ${index} of the batch is not a JSON object`);
    const reading = eventFromJson(item, `/${index}`);
    if (!reading.ok) {
      return {
        ok: false,
        refusal: { ...reading.refusal, detail: `${atIndex(`/${index}`)} ${reading.refusal.detail}` },
      };
    }
    events.push(reading.event);
  }
  return { ok: true, events, batch: true };
}

/** An empty body is no data: nothing says whether an empty text was meant. */
function decodeBinary(request: SourceRequest, type: MediaType | undefined): Decoded {
  const { attributes, violations } = attributesFromHeaders(request.headers);
  const declared = request.headers.get('content-type');
  if (declared !== undefined) attributes['datacontenttype'] = declared;
  const reading = eventFromAttributes(attributes, headerOf);
  if (violations.length > 0) {
    return {
      ok: false,
      refusal: malformed([...violations, ...(reading.ok ? [] : (reading.refusal.violations ?? []))]),
    };
  }
  if (!reading.ok || request.body.length === 0) {
    return reading.ok ? { ok: true, events: [reading.event], batch: false } : reading;
  }
  if (!type)
    return refuse('unsupported_content_type', 'The body has no Content-Type, so nothing says what the data is.');
  const data = dataFromBytes(request.body, type, Object.keys(reading.event).length);
  if (!data.ok) return refuseFault(data, 'The data is refused.');
  return { ok: true, events: [{ ...reading.event, ...data.member }], batch: false };
}

function withUtf8(type: MediaType, decode: () => Decoded): Decoded {
  return isUtf8Charset(type) ? decode() : refuse('unsupported_content_type', `${type.essence} is read in UTF-8 only.`);
}

function contentType(headers: ReadonlyMap<string, string>): MediaType | undefined {
  const text = headers.get('content-type');
  return text === undefined ? undefined : parseMediaType(text);
}

function refuse(code: ErrorCode, detail: string): Decoded {
  return { ok: false, refusal: refusal(code, detail) };
}

function refuseShape(pointer: string, message: string): Decoded {
  return { ok: false, refusal: refusal('malformed_event', `${message}.`, { violations: [{ pointer, message }] }) };
}

function refuseFault({ code, detail, pointer }: JsonFault, lead: string): Decoded {
  return { ok: false, refusal: refusal(code, `${lead} ${detail}`, { violations: [{ pointer, message: detail }] }) };
}

function atIndex(pointer: string): string {
  const index = pointer.split('/')[1];
  return index === undefined ? 'The batch is refused.' : `Event ${index} of the batch is refused.`;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
