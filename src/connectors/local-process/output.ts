import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

import type { Json } from '../../spec/json.ts';
import { parseJson, RESULT_MAX_BYTES } from '../reply.ts';
import type { Redactor } from '../secrets.ts';

/** Most bytes of one run's output on disk: its beginning and its end, whatever was printed between. */
export const OUTPUT_FILE_MAX_BYTES = 1_048_576;
/** Most bytes of the end of the output held in memory. */
const OUTPUT_TAIL_MAX_BYTES = 65_536;
/** Room in the file for the sentence between beginning and end. */
const GAP_NOTE_MAX_BYTES = 128;
const HEAD_MAX_BYTES = OUTPUT_FILE_MAX_BYTES - OUTPUT_TAIL_MAX_BYTES - GAP_NOTE_MAX_BYTES;

/** The last bytes of a stream: never more than `maxBytes` and one chunk in memory. */
type Tail = { add(chunk: Buffer): void; text(): string; bytes(): Buffer; totalBytes(): number };

function createTail(maxBytes: number): Tail {
  const chunks: Buffer[] = [];
  let held = 0;
  let totalBytes = 0;
  const bytes = (): Buffer => {
    const all = Buffer.concat(chunks);
    return all.subarray(Math.max(0, all.length - maxBytes));
  };
  return {
    add: (chunk) => {
      chunks.push(chunk);
      held += chunk.length;
      totalBytes += chunk.length;
      for (let first = chunks[0]; first && held - first.length >= maxBytes; first = chunks[0]) {
        chunks.shift();
        held -= first.length;
      }
    },
    bytes,
    text: () => bytes().toString('utf8'),
    totalBytes: () => totalBytes,
  };
}

/** What a program printed, bounded: on disk its beginning and end, in memory its end. */
export type Output = {
  add(from: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Writes the end to the file and closes it. */
  close(): Promise<void>;
  /** The end of both streams, as they came. */
  text(): string;
  /** The last line of either stream with anything in it. */
  lastLine(): string;
  /** The last line of standard output that is a JSON object of at most RESULT_MAX_BYTES. */
  result(): Json | undefined;
};

/**
 * Opens the file at `path`; secrets are taken out before anything is kept. A disk that refuses is reported once to
 * `onProblem` and costs the file, not the run.
 */
export function openOutput(path: string, redact: Redactor, onProblem: (detail: string) => void): Output {
  const file = createWriteStream(path, { mode: 0o600 });
  let broken = false;
  file.on('error', (error) => {
    broken = true;
    onProblem(error.message);
  });
  const both = createTail(OUTPUT_TAIL_MAX_BYTES);
  // Two more than the longest line that counts: its line end, and one to see that a longer one is cut.
  const stdout = createTail(RESULT_MAX_BYTES + 2);
  const redactors = { stdout: redact.stream(), stderr: redact.stream() };
  let headBytes = 0;
  const keep = (from: 'stdout' | 'stderr', chunk: Buffer): void => {
    both.add(chunk);
    if (from === 'stdout') stdout.add(chunk);
    const room = HEAD_MAX_BYTES - headBytes;
    if (room <= 0 || broken) return;
    headBytes += Math.min(room, chunk.length);
    file.write(chunk.subarray(0, room));
  };
  return {
    add: (from, chunk) => keep(from, redactors[from].add(chunk)),
    close: async () => {
      keep('stdout', redactors.stdout.end());
      keep('stderr', redactors.stderr.end());
      const missing = both.totalBytes() - headBytes;
      const end = both.bytes();
      const left = missing - end.length;
      if (left > 0) file.write(`\n… ${left} bytes left out …\n`);
      if (missing > 0) file.write(end.subarray(Math.max(0, end.length - missing)));
      file.end();
      // An error of the last writes was reported already; the file is closed all the same.
      if (!file.closed) await once(file, 'close').catch(() => undefined);
    },
    text: () => both.text(),
    lastLine: () => both.text().trimEnd().split('\n').at(-1) ?? '',
    result: () => lastObject(stdout),
  };
}

function lastObject(stdout: Tail): Json | undefined {
  const cut = stdout.totalBytes() > RESULT_MAX_BYTES + 2;
  const lines = stdout
    .text()
    .split('\n')
    .slice(cut ? 1 : 0);
  for (const line of lines.toReversed()) {
    const text = line.trim();
    if (!text.startsWith('{') || Buffer.byteLength(text) > RESULT_MAX_BYTES) continue;
    const value = parseJson(text);
    if (value !== undefined) return value;
  }
  return undefined;
}
