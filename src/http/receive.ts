import type { AcceptOutcome, IncomingEvent } from '../accept/outcome.ts';
import type { Source } from '../connectors/source.ts';
import type { CloudEvent } from '../spec/event.ts';
import { readBody } from './body.ts';
import type { HttpDependencies } from './dependencies.ts';
import { type Answer, type Exchange, json, refused } from './exchange.ts';
import { preferredWaitSeconds, validTraceparent } from './headers.ts';
import type { Route } from './route.ts';
import { acknowledgement as acknowledgementShape, acknowledgementWithVerdicts } from './shapes/events.ts';

/** Event ids one log line names; a batch has up to 1,000. */
const LOGGED_IDS_MAX = 10;
/** A host name, or `*`: what an origin of the webhook handshake may be. */
const ORIGIN = /^[A-Za-z0-9.*:-]{1,255}$/;

type Accepted = Extract<AcceptOutcome, { kind: 'accepted' }>;

/** One way in: the source name its events get, and how its requests are read. */
export type Door = { readonly name: string; readonly source: Source };

/** Good answers of every way in. */
export const RECEIVE_ANSWERS: Route['answers'] = {
  '202': { description: 'Durable for every trigger named.', body: acknowledgementShape },
  '200': {
    description: 'The same with the verdicts, where Prefer: wait=N was sent and all fell in time.',
    body: acknowledgementWithVerdicts,
  },
};
/** Good answers of every handshake. */
export const HANDSHAKE_ANSWERS: Route['answers'] = { '200': 'Which origin may send, and how fast.' };

/** Reads, decodes and hands on what one request carries; answers once it is durable or refused. */
export async function receive(deps: HttpDependencies, exchange: Exchange, door: Door): Promise<Answer> {
  const body = await readBody(exchange.message, door.source.bodyBytesMax(exchange.headers));
  if (body.kind === 'gone') return body;
  if (body.kind === 'refused') return refused(body.refusal);
  const decoded = door.source.decode({ headers: exchange.headers, body: body.bytes });
  if (!decoded.ok) return refused(decoded.refusal);
  const waitSeconds = preferredWaitSeconds(exchange.headers.get('prefer'));
  const outcome = await deps.accept(
    incoming(decoded.events, exchange, door.name),
    waitSeconds === undefined || waitSeconds === 0 ? {} : { waitMs: waitSeconds * 1_000 },
  );
  if (outcome.kind === 'refused') return refused(outcome.refusal);
  measure(deps, exchange, door.name, { eventCount: decoded.events.length, outcome });
  log(deps, exchange, door.name, outcome);
  if (outcome.verdicts === undefined) return json(202, acknowledgement(outcome));
  const { verdicts, unmatched = [] } = outcome;
  const body200 = { ...acknowledgement(outcome), verdicts, unmatched };
  return json(200, body200, { 'preference-applied': `wait=${waitSeconds}` });
}

function measure(
  { metrics, now }: HttpDependencies,
  exchange: Exchange,
  source: string,
  { eventCount, outcome }: { readonly eventCount: number; readonly outcome: Accepted },
): void {
  // An event that one trigger could not evaluate may have been taken by others; it counts once.
  const failed = new Set(outcome.deadLettered.map(({ index }) => index)).size;
  metrics.count('signalbox_events_received_total', { source, outcome: 'accepted' }, eventCount - failed);
  metrics.count('signalbox_events_received_total', { source, outcome: 'deadLettered' }, failed);
  metrics.observe('signalbox_ingest_duration_seconds', {}, (now() - exchange.receivedAt) / 1_000);
  metrics.set('signalbox_last_event_timestamp_seconds', { source }, exchange.receivedAt / 1_000);
}

/** The trace of the request goes before the one its event was made in. */
function incoming(events: readonly CloudEvent[], { headers, receivedAt }: Exchange, source: string): IncomingEvent[] {
  const ofRequest = validTraceparent(headers.get('traceparent'));
  return events.map((event) => {
    const traceparent = ofRequest ?? validTraceparent(event['traceparent']);
    return { event, source, receivedAt, ...(traceparent === undefined ? {} : { traceparent }) };
  });
}

/** The body of a 202: the contract's members and no others. */
function acknowledgement({ accepted, deadLettered }: Accepted): object {
  return {
    accepted: accepted.map(({ eventId, source, id, triggers }) => ({
      eventId,
      source,
      id,
      triggers: triggers.map(({ trigger, key, workflowId }) => ({ trigger, key, workflowId })),
    })),
    deadLettered: deadLettered.map(({ index, trigger, code, pointer, deadLetterId }) => ({
      index,
      trigger,
      code,
      pointer,
      deadLetterId,
    })),
  };
}

function log(
  { logger }: HttpDependencies,
  { requestId }: Exchange,
  source: string,
  { accepted, deadLettered }: Accepted,
): void {
  const eventIds = accepted.slice(0, LOGGED_IDS_MAX).map((event) => event.eventId);
  const counts = { events: accepted.length, deadLettered: deadLettered.length };
  logger.info({ requestId, source, ...counts, eventIds }, 'events accepted');
}

/**
 * Grants any origin that names itself (CloudEvents HTTP webhook, section 4): the handshake keeps this service from being
 * made a target of foreign deliveries by mistake, and is no credential. Without the request header nothing is granted.
 */
export function handshake({ headers }: Exchange): Answer {
  const origin = headers.get('webhook-request-origin') ?? '';
  const granted = ORIGIN.test(origin) ? { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } : {};
  return { kind: 'empty', status: 200, headers: { allow: 'POST, OPTIONS', ...granted } };
}
