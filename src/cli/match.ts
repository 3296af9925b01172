import { isObject } from '../match/json.ts';
import { compileSandbox } from '../match/sandbox.ts';
import type { Json } from '../spec/json.ts';
import { type CouldNotRun, couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp } from './output.ts';
import { readInput } from './read-input.ts';

/** Reads JSON as strictly as the service does. */
export type ParseJson = (
  bytes: Uint8Array,
) =>
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly detail: string; readonly pointer: string };

/**
 * Tries a pattern, and a condition after it, on one event, without a service. Each of the two is a file, `-`, or JSON
 * that begins with `{`. No match is a no.
 */
export async function match(
  { pattern, event, when }: { readonly pattern: string; readonly event: string; readonly when: string | undefined },
  format: Format,
  parse: ParseJson,
): Promise<ExitCode> {
  if (pattern === '-' && event === '-') {
    return giveUp(couldNotRun('Pattern and event cannot both be standard input', 'Put one of them into a file.'));
  }
  const rule = await readJson('pattern', pattern, parse);
  if (!rule.ok) return giveUp(rule);
  const given = await readJson('event', event, parse);
  if (!given.ok) return giveUp(given);
  if (!isObject(given.value)) return giveUp(couldNotRun('The event is not a JSON object', 'Give one CloudEvent.'));
  const compiled = compileSandbox(rule.value, when);
  if (!compiled.ok) {
    const places = compiled.violations.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
    const what = compiled.code === 'invalid_pattern' ? 'pattern' : 'condition';
    return giveUp(couldNotRun(`The ${what} is not valid: ${places}`, `Correct the ${what}.`));
  }
  const result = compiled.sandbox(given.value);
  answer(format, result, () => [`${result.matched ? 'matched' : 'not matched'}: ${result.reason}`]);
  return result.matched ? EXIT.fine : EXIT.no;
}

async function readJson(
  what: string,
  given: string,
  parse: ParseJson,
): Promise<{ readonly ok: true; readonly value: Json } | CouldNotRun> {
  const read = given.trimStart().startsWith('{')
    ? { ok: true as const, bytes: Buffer.from(given) }
    : await readInput(given);
  if (!read.ok) return read;
  const parsed = parse(read.bytes);
  if (parsed.ok) return parsed;
  const place = parsed.pointer === '' ? '' : ` at ${parsed.pointer}`;
  return couldNotRun(`The ${what} is not usable JSON: ${parsed.detail}${place}`, `Correct the ${what}.`);
}
