import { ApplicationFailure } from '@temporalio/common';

import { createSource } from '../src/connectors/registry.ts';
import { EMITTED_SOURCE } from '../src/contract/names.ts';
import { isObject } from '../src/match/json.ts';
import type { CloudEvent } from '../src/spec/event.ts';
import type { Activities, EmitInput } from './interface.ts';
import { stepParams } from './step-params.ts';
import type { TickDependencies } from './tick.ts';

/** Events of runs are read as strictly as those of any sender. */
const door = createSource({ type: 'cloudevents' });
const HEADERS: ReadonlyMap<string, string> = new Map([['content-type', 'application/cloudevents+json']]);

/**
 * Makes the event of a run and hands it to the accepting side. Its identity and content come from the run alone, so a
 * second one is a duplicate. One that cannot be made is an answer: nobody else could make it either.
 */
export function createEmitEvent({
  accept,
  log,
  metrics,
  now,
}: Pick<TickDependencies, 'accept' | 'log' | 'metrics' | 'now'>): Activities['emitEvent'] {
  return async (input) => {
    const { trigger, run, name, emission, lineage } = input;
    const made = eventOf(input);
    if (!made.ok) return made;
    const { event } = made;
    const { traceparent } = run.last;
    const incoming = { event, source: EMITTED_SOURCE, receivedAt: now(), lineage, ...(traceparent && { traceparent }) };
    const outcome = await accept([incoming], {});
    if (outcome.kind === 'refused') throw ApplicationFailure.retryable(outcome.refusal.detail, outcome.refusal.code);
    const taken = outcome.deadLettered.length > 0 ? 'deadLettered' : 'accepted';
    metrics.count('signalbox_events_received_total', { source: EMITTED_SOURCE, outcome: taken });
    metrics.set('signalbox_last_event_timestamp_seconds', { source: EMITTED_SOURCE }, now() / 1_000);
    const eventId = outcome.accepted[0]?.eventId ?? '';
    log.info({ trigger, runId: run.runId, emission: name, type: event.type, eventId, depth: lineage.depth }, 'emitted');
    return { ok: true, eventId, ...(emission.to !== undefined && { event: made.json }) };
  };
}

/** The event, and the same as JSON. */
function eventOf(input: EmitInput) {
  const { trigger, run, name, emission, seen, at } = input;
  const { type, subject, data } = emission;
  const params = { type, ...(subject !== undefined && { subject }), ...(data !== undefined && { data }) };
  const filled = stepParams(input, { params, seen });
  if (!filled.ok) return filled;
  if (!isObject(filled.value)) return { ok: false, detail: 'It is no object.' } as const;
  const json = {
    specversion: '1.0',
    id: `${run.runId}/${name}`,
    source: `/signalbox/${trigger}`,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    ...filled.value,
    ...(typeof filled.value['subject'] === 'number' && { subject: String(filled.value['subject']) }),
  };
  const decoded = door.decode({ headers: HEADERS, body: Buffer.from(JSON.stringify(json)) });
  const event: CloudEvent | undefined = decoded.ok ? decoded.events[0] : undefined;
  if (event) return { ok: true, event, json } as const;
  const { detail, violations = [] } = decoded.ok ? { detail: 'It is no event.' } : decoded.refusal;
  const why = [detail, ...violations.map(({ pointer, message }) => `${pointer}: ${message}`)].join(' ');
  return { ok: false, detail: why } as const;
}
