import type { Refusal } from '../errors.ts';
import type { CloudEvent } from '../spec/event.ts';

/** What a Source sees of a request. Header names are in lower case; the body is as it came, byte by byte. */
export type SourceRequest = { readonly headers: ReadonlyMap<string, string>; readonly body: Uint8Array };

/** The events of one request, in order; a single one that is malformed refuses them all. */
export type Decoded =
  | { readonly ok: true; readonly events: readonly CloudEvent[]; readonly batch: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

/** A kind of sender: how its requests become CloudEvents. One file each, pure, and expected to never throw. */
export type Source = {
  /** The longest body to read of a request with these headers, in bytes; what is longer is answered `too_large`. */
  bodyBytesMax(headers: ReadonlyMap<string, string>): number;
  decode(request: SourceRequest): Decoded;
};
