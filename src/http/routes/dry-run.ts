import { refusal } from '../../errors.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { dryRun } from '../dry-run.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { dryRunAnswer, dryRunQuestion } from '../shapes/dry-run.ts';
import { param } from './reads.ts';

/** Longest request, in bytes: an event of the largest size and what stands around it. */
const REQUEST_MAX_BYTES = 260 * 1_024;
/** How an event in the body is read: as POST /events reads it. */
const STRUCTURED = new Map([['content-type', 'application/cloudevents+json']]);

/** POST /v1/triggers/{name}/dry-run. */
export function dryRunRoutes(deps: HttpDependencies): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/triggers/:name/dry-run',
      operationId: 'dryRun',
      summary: 'What a trigger would make of an event that came in now; changes nothing.',
      body: dryRunQuestion,
      answers: { '200': { description: 'Every stage, and the run it would start.', body: dryRunAnswer } },
      handle: (exchange) => answerOf(deps, exchange),
    },
  ];
}

async function answerOf(deps: HttpDependencies, exchange: Exchange): Promise<Answer> {
  const question = await readJsonBody(deps, exchange, dryRunQuestion, REQUEST_MAX_BYTES);
  if (!question.ok) return question.answer;
  const { event: given, source } = question.value;
  const decoded = deps.events.decode({ headers: STRUCTURED, body: Buffer.from(JSON.stringify(given)) });
  if (!decoded.ok) return refused(decoded.refusal);
  const [event] = decoded.events;
  if (!event) return refused(refusal('malformed_event', 'There is no event.'));
  const found = await deps.read.state(param(exchange, 'name'));
  if (!found.ok) return refused(found.refusal);
  const { trigger, state } = found.value;
  const receivedAt = deps.now();
  return json(200, dryRun(trigger, { event, source, receivedAt }, state, receivedAt));
}
