import { refusal, type Refusal, type Violation } from '../../errors.ts';
import { isObject } from '../../match/json.ts';
import { compileSandbox, type Sandbox } from '../../match/sandbox.ts';
import type { Json, JsonObject } from '../../spec/json.ts';
import { readBody } from '../body.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import type { Route } from '../route.ts';

/** Longest request, in bytes: an event of the largest size beside a pattern and a condition. */
const REQUEST_MAX_BYTES = 272 * 1_024;
const MEMBERS: ReadonlySet<string> = new Set(['pattern', 'when', 'event']);

type Question = { readonly sandbox: Sandbox; readonly event: JsonObject };

/** POST /v1/match: the pattern sandbox. */
export function matchRoutes(deps: HttpDependencies): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/match',
      operationId: 'match',
      summary: 'Whether a pattern, and a condition after it, match an event, and why not.',
      accepts: ['application/json'],
      answers: { '200': '`matched`, and a `reason` as a sentence.' },
      handle: async (exchange) => decide(deps, exchange),
    },
  ];
}

async function decide(deps: HttpDependencies, exchange: Exchange): Promise<Answer> {
  const body = await readBody(exchange.message, REQUEST_MAX_BYTES);
  if (body.kind === 'gone') return body;
  if (body.kind === 'refused') return refused(body.refusal);
  const parsed = deps.parseJson(body.bytes);
  if (!parsed.ok) {
    const { code, detail, pointer } = parsed;
    return refused(refusal(code, detail, { violations: [{ pointer, message: detail }] }));
  }
  const question = questionOf(parsed.value);
  return 'code' in question ? refused(question) : json(200, question.sandbox(question.event));
}

function questionOf(body: Json): Question | Refusal {
  if (!isObject(body))
    return badShape([{ pointer: '', message: 'must be an object with pattern, event, perhaps when' }]);
  const { pattern, when, event } = body;
  const violations: Violation[] = Object.keys(body)
    .filter((name) => !MEMBERS.has(name))
    .map((name) => ({ pointer: `/${name.slice(0, 64)}`, message: 'is not known' }));
  if (pattern === undefined) violations.push({ pointer: '/pattern', message: 'is missing' });
  if (when !== undefined && typeof when !== 'string')
    violations.push({ pointer: '/when', message: 'must be a string' });
  if (!isObject(event)) violations.push({ pointer: '/event', message: 'must be an object' });
  if (violations.length > 0 || pattern === undefined || !isObject(event)) return badShape(violations);
  const compiled = compileSandbox(pattern, typeof when === 'string' ? when : undefined);
  if (compiled.ok) return { sandbox: compiled.sandbox, event };
  const { code, violations: places } = compiled;
  const detail = code === 'invalid_pattern' ? 'The pattern is not valid.' : 'The condition is not valid.';
  return refusal(code, detail, { violations: places });
}

function badShape(violations: Violation[]): Refusal {
  return refusal('malformed_request', 'The body is not a question this route can answer.', { violations });
}
