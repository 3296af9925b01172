import { z } from 'zod';

import type { JsonObject } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { PagerdutyTargetSpec } from '../../spec/targets/pagerduty.ts';
import { callApi } from '../api.ts';
import { isNamed } from '../named-values.ts';
import { refused, secretMissing } from '../outgoing-answer.ts';
import { excerpt } from '../reply.ts';
import type { LoadedTarget, StartRequest, Target, TargetDeps } from '../target.ts';
import { runDocument } from '../target.ts';
import { tokenOf } from '../token-name.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { pagerduty: PagerdutyTargetSpec }>>;

const answerSchema = z.object({ status: z.string(), dedup_key: z.string().nullish() });

/** The longest summary of an alert; PagerDuty cuts at this length. */
const SUMMARY_MAX_CHARS = 1_024;

const HINTS = { 400: 'Is the routing key that of an Events API v2 integration?' };

/**
 * Triggers, acknowledges or resolves an alert by the Events API v2 of PagerDuty. The token is the `dedup_key`: while an
 * alert is open, a trigger with its key adds to it and opens no second one.
 */
export function createPagerdutyTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { url, routingKey, timeout: timeoutMs } = spec.pagerduty;
  return {
    repeatable: true,
    start: async (request, context) => {
      const key = deps.resolveSecret(routingKey.secret);
      if (!key.ok) return secretMissing(`Target ${name}: ${key.detail}`);
      const secrets = [key.value];
      const api = { name, url, timeoutMs, authorize: () => ({ ok: true, headers: {}, secrets }) as const };
      const body = { routing_key: key.value, ...eventOf(spec.pagerduty, request) };
      const path = ['v2', 'enqueue'];
      const sent = await callApi(api, { method: 'POST', path, body, answer: answerSchema, hints: HINTS }, context);
      if (!sent.ok) return sent.start;
      if (sent.body.status !== 'success') return refused(`Target ${name}: PagerDuty answered ${sent.body.status}.`);
      const result = { status: sent.body.status, ...(sent.body.dedup_key && { dedupKey: sent.body.dedup_key }) };
      return { kind: 'finished', status: 'succeeded', result };
    },
  };
}

function eventOf(spec: PagerdutyTargetSpec, request: StartRequest): JsonObject {
  const { action, dedupKey } = spec;
  const event = { event_action: action, dedup_key: dedupKey ?? tokenOf(request) };
  return action === 'trigger' ? { ...event, client: 'Signalbox', payload: payloadOf(spec, request) } : event;
}

function payloadOf(spec: PagerdutyTargetSpec, request: StartRequest): JsonObject {
  const { severity, source, component, group, class: kind, details } = spec;
  const given = isNamed(request.params) ? request.params['summary'] : undefined;
  const { trigger, key, step, cause } = request;
  const line = `${trigger} (${key}): ${request.kind}, ${step}, cause ${cause}`;
  const summary = spec.summary ?? (typeof given === 'string' && given !== '' ? given : line);
  return {
    summary: excerpt(summary, SUMMARY_MAX_CHARS),
    severity,
    source,
    timestamp: request.firedAt,
    ...(component !== undefined && { component }),
    ...(group !== undefined && { group }),
    ...(kind !== undefined && { class: kind }),
    custom_details: isNamed(details) ? details : details === undefined ? runDocument(request) : { details },
  };
}
