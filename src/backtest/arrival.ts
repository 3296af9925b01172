import { type Refusal } from '../errors.ts';
import { fitsDepth, isObject } from '../match/json.ts';
import { type CloudEvent, RECEIVED_AT_ATTRIBUTE, SOURCE_ATTRIBUTE } from '../spec/event.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { Line } from './lines.ts';

/** Lists and objects of an event nest at most so deep: the door of the service lets in no more. */
const EVENT_DEPTH_MAX = 32;
/** Characters of a fault that are shown. */
const FAULT_CHARS_MAX = 160;

/** An event as it arrived once. */
export type Arrival = {
  readonly event: CloudEvent;
  /** The Source it came in through; undefined where the input does not say: then it may have come through any. */
  readonly source: string | undefined;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Line of the input, counted from 1. */
  readonly line: number;
  /** Of the line as it was written. */
  readonly bytes: number;
};

/** Why a line is no event. */
export type Broken = { readonly line: number; readonly reason: string };

/** Checks the attributes of a CloudEvent in JSON. */
export type ReadEvent = (
  members: JsonObject,
  pointer: string,
) => { readonly ok: true; readonly event: CloudEvent } | { readonly ok: false; readonly refusal: Refusal };

/**
 * Reads one line as a CloudEvent. It arrived when an export says, else at its own `time`; one without either cannot be
 * placed and is broken.
 */
export function arrivalOf(line: Line, readEvent: ReadEvent): Arrival | Broken {
  if ('fault' in line) return broken(line, line.fault);
  const json = parse(line.text);
  if (!isObject(json)) return broken(line, json === undefined ? 'it is not JSON' : 'it is not a JSON object');
  if (!fitsDepth(json, EVENT_DEPTH_MAX)) return broken(line, `it nests deeper than ${EVENT_DEPTH_MAX}`);
  const { received, source, members } = Object.hasOwn(json, RECEIVED_AT_ATTRIBUTE) ? unwrapped(json) : bare(json);
  const read = readEvent(members, '');
  if (!read.ok) return broken(line, read.refusal.detail);
  const receivedAt = Date.parse(typeof received === 'string' ? received : (read.event.time ?? ''));
  if (Number.isNaN(receivedAt)) return broken(line, 'it has no time, so nobody knows when it arrived');
  const via = typeof source === 'string' ? source : undefined;
  return { event: read.event, source: via, receivedAt, line: line.number, bytes: line.bytes };
}

type Wrapped = {
  readonly received?: Json | undefined;
  readonly source?: Json | undefined;
  readonly members: JsonObject;
};

/** An exported event without what the export added. */
function unwrapped(json: JsonObject): Wrapped {
  const { [RECEIVED_AT_ATTRIBUTE]: received, [SOURCE_ATTRIBUTE]: source, ...members } = json;
  return { received, source, members };
}

function bare(members: JsonObject): Wrapped {
  return { members };
}

function broken({ number }: Line, reason: string): Broken {
  return { line: number, reason: reason.slice(0, FAULT_CHARS_MAX) };
}

function parse(text: string): Json | undefined {
  try {
    const json: Json = JSON.parse(text);
    return json;
  } catch {
    return undefined;
  }
}
