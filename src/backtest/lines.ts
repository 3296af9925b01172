/** Longest line, in bytes: four times the largest event, so that a file without line ends is not read into memory whole. */
const LINE_BYTES_MAX = 1_024 * 1_024;

const LINE_END = 10;

/** One line of a file, counted from 1; what is wrong with it where it is no text that can be used. */
export type Line =
  | { readonly number: number; readonly text: string; readonly bytes: number }
  | { readonly number: number; readonly fault: string };

/** The lines of a stream of bytes, those of a chunk at a time; empty ones are left out and counted. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const splitter = new Splitter();
  for await (const chunk of chunks) yield splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  yield splitter.end();
}

class Splitter {
  #number = 1;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });

  push(chunk: Buffer): readonly Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      this.#keep(chunk.subarray(from, end));
      this.#take(lines);
      from = end + 1;
    }
    // A copy: a stream may use the memory of its chunk again.
    if (from < chunk.length) this.#keep(Buffer.from(chunk.subarray(from)));
    return lines;
  }

  end(): readonly Line[] {
    const lines: Line[] = [];
    if (this.#keptBytes > 0) this.#take(lines);
    return lines;
  }

  #keep(part: Buffer): void {
    this.#keptBytes += part.length;
    if (this.#keptBytes <= LINE_BYTES_MAX) this.#kept.push(part);
    else this.#kept = [];
  }

  #take(lines: Line[]): void {
    const number = this.#number;
    const bytes = this.#keptBytes;
    const [only = Buffer.alloc(0), ...more] = this.#kept;
    const whole = more.length === 0 ? only : Buffer.concat(this.#kept);
    this.#number += 1;
    this.#kept = [];
    this.#keptBytes = 0;
    if (bytes > LINE_BYTES_MAX) {
      lines.push({ number, fault: `it is longer than ${LINE_BYTES_MAX / 1_024} KB` });
      return;
    }
    const text = this.#decode(whole);
    if (text === undefined) lines.push({ number, fault: 'it is not UTF-8' });
    else if (text.trim() !== '') lines.push({ number, text, bytes });
  }

  #decode(bytes: Buffer): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }
}
