import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { parseStrictJson } from '../connectors/strict-json.ts';
import { isList, isObject } from '../match/json.ts';
import type { JsonObject } from '../spec/json.ts';
import { FILE_MAX_BYTES } from './files.ts';

/** The events of a payload file, or why there are none. */
export type Payload =
  | { readonly ok: true; readonly events: readonly JsonObject[] }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

/** Files with events beside definitions, each read once. */
export class PayloadFiles {
  readonly #known = new Map<string, Promise<Payload>>();

  /** Reads the file at `path`, relative to the folder of the definition file `beside`. */
  async read(beside: string, path: string): Promise<Payload> {
    const absolute = resolve(dirname(beside), path);
    const known = this.#known.get(absolute);
    if (known) return known;
    const reading = readPayload(absolute);
    this.#known.set(absolute, reading);
    return reading;
  }
}

async function readPayload(path: string): Promise<Payload> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : error;
    return broken(`cannot be read: ${String(why)}`, 'Name a file; its path is relative to the file of the scenario.');
  }
  if (bytes.length > FILE_MAX_BYTES)
    return broken(`has ${bytes.length} bytes, more than ${FILE_MAX_BYTES}`, 'Split it.');
  const parsed = parseStrictJson(bytes);
  const remedy = 'Put one CloudEvent as JSON into the file, or a list of them.';
  if (!parsed.ok) return broken(`is not usable JSON: ${parsed.detail}${placeText(parsed.pointer)}`, remedy);
  const events = isList(parsed.value) ? parsed.value : [parsed.value];
  const objects = events.filter((event) => isObject(event));
  return objects.length === events.length ? { ok: true, events: objects } : broken('holds what is no event', remedy);
}

function placeText(pointer: string): string {
  return pointer === '' ? '' : ` at ${pointer}`;
}

function broken(message: string, remedy: string): Payload {
  return { ok: false, message, remedy };
}
