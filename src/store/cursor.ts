import { refusal, type Refusal } from '../errors.ts';
import type { PageQuery } from './store.ts';

const PAGE_LIMIT_DEFAULT = 50;
/** A page is one answer in memory, here and at whoever asked. */
const PAGE_LIMIT_MAX = 1_000;

/** Where a page begins: the time and the further members of the sort order of the last row before it. */
export type Place = readonly [at: number, ...rest: readonly string[]];

/** How many rows a page has, and where it begins. */
export type PageStart = { readonly limit: number; readonly after?: Place };

export type PageStarted =
  | { readonly ok: true; readonly start: PageStart }
  | { readonly ok: false; readonly refusal: Refusal };

/** Reads what a page query names; a cursor that no page of ours gave is refused. `members` is the length of its place. */
export function pageStart({ limit = PAGE_LIMIT_DEFAULT, cursor }: PageQuery, members: number): PageStarted {
  const bounded = Math.min(Math.max(1, Math.floor(limit)), PAGE_LIMIT_MAX);
  if (cursor === undefined) return { ok: true, start: { limit: bounded } };
  const after = placeOf(cursor);
  if (after?.length === members) return { ok: true, start: { limit: bounded, after } };
  return { ok: false, refusal: refusal('malformed_request', 'The cursor is not the `next` of a page of this list.') };
}

/** The `next` of a page whose last row is at this place. */
export function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function placeOf(cursor: string): Place | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(read)) return undefined;
    const [at, ...rest] = read;
    return Number.isSafeInteger(at) && rest.every((one) => typeof one === 'string') ? [at, ...rest] : undefined;
  } catch {
    return undefined;
  }
}
