import type { Json } from '../spec/json.ts';

/** Largest result kept of a run: it goes into workflow history, like params of at most 64 KB. */
export const RESULT_MAX_BYTES = 65_536;
/** Deepest nesting of a result: as deep as an event may be, far from what a recursive reader can bear. */
const RESULT_MAX_DEPTH = 32;

function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= RESULT_MAX_DEPTH) return false;
  return Object.values(value).every((member) => isJson(member, depth + 1));
}

/** Reads a text as JSON; undefined where it is not, or is nested deeper than RESULT_MAX_DEPTH. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A text for people out of a text by others: one line, without control characters, at most `maxChars` long. */
export function excerpt(text: string, maxChars: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim();
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).replace(/\p{Cs}$/u, '')}…`;
}
