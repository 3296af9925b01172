import type { IncomingMessage } from 'node:http';

import { refusal, type Refusal } from '../errors.ts';

/** The raw bytes of a request, or why there are none. `gone`: the caller went away or ran out of time. */
export type BodyReading =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

/** Reads a body, counting the bytes that arrive: a missing or wrong Content-Length changes nothing. */
export async function readBody(message: IncomingMessage, bytesMax: number): Promise<BodyReading> {
  if (Number(message.headers['content-length'] ?? 0) > bytesMax) return tooLarge(bytesMax);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const keep = (chunk: Buffer): void => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= bytesMax) return;
      message.off('data', keep);
      resolve(tooLarge(bytesMax));
    };
    message.on('data', keep);
    message.once('end', () => {
      resolve({ kind: 'read', bytes: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length) });
    });
    message.once('error', () => resolve({ kind: 'gone' }));
    message.once('close', () => resolve({ kind: 'gone' }));
  });
}

/** Whether bytes of the request are still to come. */
export function isBodyPending(message: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = message.headers;
  return !message.complete && (coding !== undefined || (length !== undefined && length !== '0'));
}

function tooLarge(bytesMax: number): BodyReading {
  return { kind: 'refused', refusal: refusal('too_large', `The body is over ${bytesMax} bytes.`) };
}
