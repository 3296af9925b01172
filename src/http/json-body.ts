import type { z } from 'zod';

import { refusal, type Violation } from '../errors.ts';
import { pointerTo } from '../match/json.ts';
import { readBody } from './body.ts';
import type { HttpDependencies } from './dependencies.ts';
import { type Answer, type Exchange, refused } from './exchange.ts';

/** What a request holds, or the answer where it cannot be used. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer };

/** Longest body of an order, in bytes: parameters of 64 KB and what stands around them. */
const BODY_MAX_BYTES = 80 * 1_024;

/** Reads the JSON body of a request; none at all is an empty object. */
export async function readJsonBody<T>(
  { parseJson }: Pick<HttpDependencies, 'parseJson'>,
  { message }: Exchange,
  schema: z.ZodType<T>,
  bytesMax = BODY_MAX_BYTES,
): Promise<Reading<T>> {
  const body = await readBody(message, bytesMax);
  if (body.kind === 'gone') return { ok: false, answer: body };
  if (body.kind === 'refused') return { ok: false, answer: refused(body.refusal) };
  if (body.bytes.length === 0) return checked(schema, {});
  const parsed = parseJson(body.bytes);
  if (parsed.ok) return checked(schema, parsed.value);
  const { code, detail, pointer } = parsed;
  return { ok: false, answer: refused(refusal(code, detail, { violations: [{ pointer, message: detail }] })) };
}

/** Reads the query string of a request. A member that stands twice counts as a list, which no schema takes. */
export function readQuery<T>({ message }: Exchange, schema: z.ZodType<T>): Reading<T> {
  const { searchParams } = new URL(message.url ?? '/', 'http://local');
  const members = [...new Set(searchParams.keys())].map((name) => {
    const values = searchParams.getAll(name);
    return [name, values.length === 1 ? values[0] : values] as const;
  });
  return checked(schema, Object.fromEntries(members));
}

function checked<T>(schema: z.ZodType<T>, value: unknown): Reading<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const violations = parsed.error.issues.flatMap(violationsOf);
  const detail = 'The request has members that are missing, unknown or not as they must be.';
  return { ok: false, answer: refused(refusal('malformed_request', detail, { violations })) };
}

function violationsOf(issue: z.core.$ZodIssue): readonly Violation[] {
  const pointer = issue.path.reduce<string>((parent, token) => pointerTo(parent, String(token)), '');
  if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
  return issue.keys.map((name) => ({ pointer: pointerTo(pointer, name.slice(0, 64)), message: 'is not known' }));
}
