import { randomUUID } from 'node:crypto';

import { isObject } from '../match/json.ts';
import type { Json } from '../spec/json.ts';
import { type CouldNotRun, couldNotRun } from './exit.ts';

/** Most events and bytes of one batch: what the service takes. */
const BATCH_MAX_EVENTS = 1_000;
const BATCH_MAX_BYTES = 4 * 1_024 * 1_024;

/** One request to send. `first` is the position of its first event in the whole input. */
export type EventRequest = { readonly contentType: string; readonly body: string; readonly first: number };

const EVENT_TYPE = 'application/cloudevents+json';
const BATCH_TYPE = 'application/cloudevents-batch+json';

/**
 * What to send for an input: one event, a list as one batch, or lines of events as batches. The text goes as it is
 * written, so that the service sees and judges what the file says; `fill` adds the members that are missing.
 */
export function requestsOf(
  bytes: Uint8Array,
  { fill }: { readonly fill: boolean },
): { readonly ok: true; readonly requests: readonly EventRequest[] } | CouldNotRun {
  const text = decode(bytes);
  if (text === undefined) return couldNotRun('The input is not UTF-8', 'Save it as UTF-8.');
  if (text.trim() === '') return couldNotRun('The input is empty', 'Give a CloudEvent, a list of them, or one a line.');
  const whole = parse(text);
  if (whole === undefined) return requestsOfLines(text, fill);
  const isList = Array.isArray(whole);
  const body = fill ? JSON.stringify(isList ? whole.map(filled) : filled(whole)) : text;
  return { ok: true, requests: [{ contentType: isList ? BATCH_TYPE : EVENT_TYPE, body, first: 0 }] };
}

function requestsOfLines(
  text: string,
  fill: boolean,
): { readonly ok: true; readonly requests: readonly EventRequest[] } | CouldNotRun {
  const events: string[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const event = parse(line);
    if (event === undefined) {
      const message = events.length === 0 ? 'The input is not JSON' : `Line ${at + 1} of the input is not JSON`;
      return couldNotRun(message, 'Give a CloudEvent, a list of them, or one a line.');
    }
    events.push(fill ? JSON.stringify(filled(event)) : line.trim());
  }
  return { ok: true, requests: batches(events) };
}

function batches(events: readonly string[]): readonly EventRequest[] {
  const requests: EventRequest[] = [];
  let from = 0;
  let bytes = 0;
  const cut = (to: number): void => {
    if (to > from)
      requests.push({ contentType: BATCH_TYPE, body: `[${events.slice(from, to).join(',')}]`, first: from });
    from = to;
    bytes = 0;
  };
  for (const [at, event] of events.entries()) {
    // With its comma; the brackets take two more.
    const more = Buffer.byteLength(event) + 1;
    if (at - from >= BATCH_MAX_EVENTS || bytes + more + 2 > BATCH_MAX_BYTES) cut(at);
    bytes += more;
  }
  cut(events.length);
  return requests;
}

/** The one event of an input; undefined where it is none. `fill` adds the members that are missing. */
export function eventOf(bytes: Uint8Array, fill: boolean): Json | undefined {
  const event = parse(decode(bytes) ?? '');
  if (event === undefined || !isObject(event)) return undefined;
  return fill ? filled(event) : event;
}

function filled(event: Json): Json {
  if (!isObject(event)) return event;
  const missing = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/signalbox/send',
    time: new Date().toISOString(),
  };
  return { ...missing, ...event };
}

function parse(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
