import { RE2JS } from 're2js';
import { charge, chargeOnce } from './meter.ts';

/** Characters of a regular expression: longer ones are programs, not patterns. */
export const REGEX_CHARS_MAX = 256;

/** Compiled expressions kept; a program of the longest source is some 100 KB. */
const CACHE_MAX = 500;

/** Steps of the engine (characters times program size) that cost one tick: about 40 µs at worst. */
const STEPS_PER_TICK = 512;

/** Characters after a match that cost one tick: looking for the next match may scan them all, and find nothing. */
const RESCANNED_PER_TICK = 128;

const cache = new Map<string, RE2JS>();

/**
 * Compiles an RE2 expression: linear time, so no back-references and no look-around. Throws an Error whose message says
 * what is wrong with the source.
 */
export function compileRegex(source: string): RE2JS {
  if (source.length > REGEX_CHARS_MAX)
    throw new Error(`the regular expression is longer than ${REGEX_CHARS_MAX} characters`);
  const known = cache.get(source);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(source);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(source, compiled);
  return compiled;
}

/** Whether the expression occurs in the text. */
export function regexTest(text: string, source: string): boolean {
  return metered(text, source).matcher(text).find();
}

/**
 * The first match: its capture group when the expression has one, else all of it. More than one group, and no match, are
 * errors, as in the regex extension of cel-go (which returns an optional there).
 */
export function regexExtract(text: string, source: string): string {
  const [first] = matches(text, source, 1);
  if (first === undefined) throw new Error(`no match for ${JSON.stringify(source)}`);
  return first;
}

/** Every match, or its capture group; a match in which the group took no part is left out. */
export function regexExtractAll(text: string, source: string): string[] {
  return matches(text, source, Number.POSITIVE_INFINITY);
}

function matches(text: string, source: string, limit: number): string[] {
  const matcher = metered(text, source).matcher(text);
  const groups = matcher.groupCount();
  if (groups > 1) throw new Error(`${JSON.stringify(source)} has ${groups} capture groups, at most one is allowed`);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) {
    charge(1 + (text.length - matcher.end()) / RESCANNED_PER_TICK);
    const match = matcher.group(groups);
    if (match !== null) found.push(match);
  }
  return found;
}

/**
 * Replaces the first `count` matches, all when it is negative. In the replacement `\1` to `\9` stand for capture groups,
 * `\0` for the match, `\\` for a backslash. Rules of the regex extension of cel-go.
 */
export function regexReplace(text: string, source: string, replacement: string, count = -1): string {
  const matcher = metered(text, source).matcher(text);
  const parts = replacementParts(replacement, matcher.groupCount());
  let result = '';
  let from = 0;
  for (let done = 0; done !== count && matcher.find(); done += 1) {
    charge(1 + (text.length - matcher.end()) / RESCANNED_PER_TICK);
    const filled = parts.map((part) => (typeof part === 'number' ? (matcher.group(part) ?? '') : part));
    result += text.slice(from, matcher.start()) + filled.join('');
    from = matcher.end();
  }
  return result + text.slice(from);
}

function replacementParts(replacement: string, groups: number): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let at = 0; at < replacement.length; at += 1) {
    const char = replacement.charAt(at);
    if (char !== '\\') {
      parts.push(char);
      continue;
    }
    at += 1;
    const escaped = replacement.charAt(at);
    if (escaped === '\\') parts.push('\\');
    else if (!/^[0-9]$/.test(escaped)) throw new Error('in a replacement \\ must be followed by a digit or \\');
    else if (Number(escaped) > groups) throw new Error(`the replacement names group ${escaped} of ${groups}`);
    else parts.push(Number(escaped));
  }
  return parts;
}

/** A pattern costs its compilation once an evaluation, and every use the steps the engine may take. */
function metered(text: string, source: string): RE2JS {
  const regex = compileRegex(source);
  const size = regex.programSize();
  chargeOnce(source, 20 + size / 4);
  charge((text.length * size) / STEPS_PER_TICK);
  return regex;
}
