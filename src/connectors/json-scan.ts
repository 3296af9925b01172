import type { ErrorCode } from '../errors.ts';

/** What a document may be. With `items` it is meant to be a list, and depth and leaves hold for each of its items. */
export type JsonLimits = {
  readonly depthMax: number;
  readonly leavesMax: number;
  readonly items?: { readonly countMax: number; readonly bytesMax: number };
};

type Scan =
  | { readonly ok: true; readonly members: number }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly pointer: string };

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * One pass over raw UTF-8 before anything is built of it: holds the limits and counts the members. UTF-8 keeps every
 * structural character a single byte. Leaves are one more than the commas outside strings, an empty container being a
 * leaf, because n children stand between n - 1 commas. On text that is not JSON the counts mean nothing.
 */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): Scan {
  const { items, leavesMax } = limits;
  const depthMax = limits.depthMax + (items ? 1 : 0);
  let depth = 0;
  let members = 0;
  let leaves = 1;
  let item = 0;
  let itemStart = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) i = closingQuote(bytes, i + 1);
    else if (byte === COLON) members += 1;
    else if (byte === COMMA) {
      leaves += 1;
      if (items && depth === 1) {
        if (i - itemStart > items.bytesMax) return itemTooLarge(item, items.bytesMax);
        item += 1;
        itemStart = i + 1;
        leaves = 1;
        if (item === items.countMax) return tooManyItems(items.countMax);
      } else if (leaves > leavesMax) return tooComplex(`has more than ${leavesMax} leaves`, items && item);
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth > depthMax) return tooComplex(`is deeper than ${limits.depthMax}`, items && item);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
  }
  if (items && bytes.length - itemStart > items.bytesMax) return itemTooLarge(item, items.bytesMax);
  return { ok: true, members };
}

/** Index of the quote that ends the string begun before `from`; the end of the bytes where there is none. */
function closingQuote(bytes: Uint8Array, from: number): number {
  let i = from;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

function tooComplex(how: string, item: number | undefined): Scan {
  const pointer = item === undefined ? '' : `/${item}`;
  return { ok: false, code: 'too_complex', detail: `The JSON ${how}.`, pointer };
}

function itemTooLarge(item: number, bytesMax: number): Scan {
  return { ok: false, code: 'too_large', detail: `Item ${item} is over ${bytesMax} bytes.`, pointer: `/${item}` };
}

function tooManyItems(countMax: number): Scan {
  return { ok: false, code: 'too_large', detail: `The list has more than ${countMax} items.`, pointer: '' };
}
