import { refusal } from '../../errors.ts';
import { compileSandbox } from '../../match/sandbox.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { matchAnswer, matchQuestion } from '../shapes/match.ts';

/** Longest request, in bytes: an event of the largest size beside a pattern and a condition. */
const REQUEST_MAX_BYTES = 272 * 1_024;

/** POST /v1/match: the pattern sandbox. */
export function matchRoutes(deps: HttpDependencies): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/match',
      operationId: 'match',
      summary: 'Whether a pattern, and a condition after it, match an event, and why not.',
      body: matchQuestion,
      answers: { '200': { description: '`matched`, and a `reason` as a sentence.', body: matchAnswer } },
      handle: async (exchange) => decide(deps, exchange),
    },
  ];
}

async function decide(deps: HttpDependencies, exchange: Exchange): Promise<Answer> {
  const question = await readJsonBody(deps, exchange, matchQuestion, REQUEST_MAX_BYTES);
  if (!question.ok) return question.answer;
  const { pattern, when, event } = question.value;
  const compiled = compileSandbox(pattern, when);
  if (compiled.ok) return json(200, compiled.sandbox(event));
  const { code, violations } = compiled;
  const detail = code === 'invalid_pattern' ? 'The pattern is not valid.' : 'The condition is not valid.';
  return refused(refusal(code, detail, { violations }));
}
