import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** Where runs take places: a lane has one, a pool as many as its definition says. */
export type PlaceName = { readonly of: 'lane' | 'pool'; readonly name: string };

/** What cannot stand in a workflow id, in a query of visibility or in the address of a page. */
const ESCAPED = /[\p{C}\p{Z}%"'\\?#]/gu;
/** With what stands before it under the 255 characters of a workflow id. */
const NAME_MAX_CHARS = 200;
const CUT_CHARS = 160;
const HASH_HEX = 32;

/**
 * The workflow id of a lane or pool. Characters that could not stand there are written as `%` and two hex digits a byte
 * of UTF-8; a name that becomes too long by that is cut, and ends with a hash of the whole.
 */
export function placeId({ of, name }: PlaceName): string {
  const escaped = name.replace(ESCAPED, (character) =>
    [...utf8ToBytes(character)].map((byte) => `%${bytesToHex(Uint8Array.of(byte))}`).join(''),
  );
  if (escaped.length <= NAME_MAX_CHARS) return `${of}/${escaped}`;
  return `${of}/${escaped.slice(0, CUT_CHARS)}~${bytesToHex(sha256(utf8ToBytes(name))).slice(0, HASH_HEX)}`;
}

/** A lane or pool as people are told of it. */
export function placeText({ of, name }: PlaceName): string {
  return `${of} ${name}`;
}
