import { pointerTo } from './json-pointer.ts';

/** Where a text stands in the middle of being read. */
type Cursor = { readonly text: string; at: number };

/**
 * The RFC 6901 pointer of the first member that stands twice in its object. The text must be valid JSON of bounded
 * depth that has such a member; it is only read where one is known to be there.
 */
export function findDuplicateMember(text: string): string {
  return inValue({ text, at: 0 }, '') ?? '';
}

function inValue(cursor: Cursor, pointer: string): string | undefined {
  skip(cursor, /[\s:,]*/y);
  const first = cursor.text[cursor.at];
  if (first === '{') return inObject(cursor, pointer);
  if (first === '[') return inList(cursor, pointer);
  if (first === '"') readString(cursor);
  else skip(cursor, /[^\s,\]}]*/y);
  return undefined;
}

function inObject(cursor: Cursor, pointer: string): string | undefined {
  const seen = new Set<string>();
  cursor.at += 1;
  for (skip(cursor, /[\s,]*/y); cursor.text[cursor.at] !== '}'; skip(cursor, /[\s,]*/y)) {
    const name = readString(cursor);
    const place = pointerTo(pointer, name);
    if (seen.has(name)) return place;
    seen.add(name);
    const inside = inValue(cursor, place);
    if (inside !== undefined) return inside;
  }
  cursor.at += 1;
  return undefined;
}

function inList(cursor: Cursor, pointer: string): string | undefined {
  cursor.at += 1;
  let index = 0;
  for (skip(cursor, /[\s,]*/y); cursor.text[cursor.at] !== ']'; skip(cursor, /[\s,]*/y)) {
    const inside = inValue(cursor, pointerTo(pointer, index));
    if (inside !== undefined) return inside;
    index += 1;
  }
  cursor.at += 1;
  return undefined;
}

function readString(cursor: Cursor): string {
  const start = cursor.at;
  cursor.at += 1;
  while (cursor.text[cursor.at] !== '"') cursor.at += cursor.text[cursor.at] === '\\' ? 2 : 1;
  cursor.at += 1;
  return String(JSON.parse(cursor.text.slice(start, cursor.at)));
}

/** Moves past what a sticky pattern matches; it must match the empty text too. */
function skip(cursor: Cursor, pattern: RegExp): void {
  pattern.lastIndex = cursor.at;
  pattern.test(cursor.text);
  cursor.at = pattern.lastIndex;
}
