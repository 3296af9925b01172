import { connect } from 'node:net';

import { onTestFinished } from 'vitest';

import type { Accept, AcceptOutcome, IncomingEvent } from '../../src/accept/outcome.ts';
import { createSource } from '../../src/connectors/registry.ts';
import { parseStrictJson } from '../../src/connectors/strict-json.ts';
import { refusal } from '../../src/errors.ts';
import type { HttpDependencies } from '../../src/http/dependencies.ts';
import type { OperateApi } from '../../src/http/operate-api.ts';
import type { ReadApi } from '../../src/http/read-api.ts';
import { createServer, type HttpServer } from '../../src/http/server.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { offStore } from '../../src/store/off.ts';
import type { JsonObject } from '../../src/spec/json.ts';

/** When every request of these tests arrives. */
export const NOW = Date.parse('2026-09-01T12:00:00Z');

const none = { triggers: new Map(), targets: new Map(), sources: new Map(), pools: new Map() };
const NO_DEFINITIONS = { ...none, loadedAt: NOW, fingerprint: 'f', written: [] };

const absent = async () => ({ ok: false as const, refusal: refusal('not_found', 'There is no such thing.') });

/** Reads of a service that has nothing. */
export const NOTHING_READ: ReadApi = {
  triggers: async () => ({ ok: true, value: [] }),
  trigger: absent,
  key: absent,
  state: absent,
  runs: async () => ({ ok: true, value: { runs: [] } }),
  run: absent,
  runEvents: absent,
  lanes: async () => ({ ok: true, value: [] }),
  deadLetters: async () => ({ ok: true, value: { deadLetters: [] } }),
  deadLetter: absent,
  bulkReplays: async () => ({ ok: true, value: [] }),
  bulkReplay: absent,
};

/** Orders of a service that has nothing. */
export const NOTHING_DONE: OperateApi = {
  cancel: absent,
  finish: absent,
  answer: absent,
  order: absent,
  orderAll: absent,
  replayLetter: absent,
  editLetter: absent,
  discardLetter: absent,
  selectLetters: absent,
  replayLetters: absent,
  stopBulkReplay: absent,
  forecastReplay: absent,
  startReplay: absent,
  replays: absent,
  replay: absent,
  resumeReplay: absent,
  stopReplay: absent,
};

/** What the running service was given and has done. */
export type Service = {
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly accepted: { readonly events: readonly IncomingEvent[]; readonly waitMs: number | undefined }[];
  /** Log lines, parsed. */
  readonly logged: { readonly [field: string]: unknown }[];
  /** How many events of a source, by default `events`, the metrics say came to this outcome. */
  readonly counted: (outcome: string, source?: string) => Promise<number>;
};

/** The answer of an accepting side where one trigger, `retrain`, takes every event. */
export function acceptAll(events: readonly IncomingEvent[]): Extract<AcceptOutcome, { kind: 'accepted' }> {
  const triggers = [{ trigger: 'retrain', key: 'default', workflowId: 'trigger/retrain' }];
  const accepted = events.map(({ event }) => ({
    eventId: `evt_${event.id}`,
    source: event.source,
    id: event.id,
    triggers,
  }));
  return { kind: 'accepted', accepted, deadLettered: [] };
}

/** Starts the service on a free loopback port; it is closed when the test ends. */
export async function startService(
  over: Partial<HttpDependencies> = {},
  accept: Accept = async (events) => acceptAll(events),
): Promise<Service> {
  const accepted: Service['accepted'] = [];
  const logged: Service['logged'] = [];
  const metrics = createMetrics({ version: '1.2.3' });
  metrics.define({ triggers: [], targets: [], sources: over.sources?.().keys() ?? [] });
  const server = createServer({
    accept: async (events, options) => {
      accepted.push({ events, waitMs: options.waitMs });
      return accept(events, options);
    },
    events: createSource({ type: 'cloudevents' }),
    sources: () => new Map(),
    definitions: () => NO_DEFINITIONS,
    eventsBetween: (span) => offStore('There is no store.').eventsBetween(span),
    createSource,
    resolveSecret: (reference) => ({ ok: false, detail: `${reference} is not set` }),
    parseJson: parseStrictJson,
    read: NOTHING_READ,
    explain: {
      explain: absent,
      event: absent,
      events: async () => ({ ok: true, value: { events: [] } }),
      why: absent,
      stats: absent,
      allStats: async () => ({ ok: true, value: [] }),
    },
    isCallbackToken: (runId, token) => token === `token-of-${runId}`,
    rebuild: {
      start: () => ({ ok: false, refusal: refusal('store_off', 'There is no store.') }),
      status: () => ({ ok: false, refusal: refusal('store_off', 'There is no store.') }),
    },
    operate: NOTHING_DONE,
    probe: absent,
    readiness: async () => ({ ready: true, checks: { temporal: { ok: true, detail: 'connected' } } }),
    logger: createLogger({ level: 'debug', destination: { write: (line) => void logged.push(JSON.parse(line)) } }),
    metrics,
    now: () => NOW,
    ...over,
    timing: { lingerMs: 200, closeMs: 2_000, ...over.timing },
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => server.close());
  const counted = async (outcome: string, source = 'events'): Promise<number> => {
    const series = `signalbox_events_received_total{source="${source}",outcome="${outcome}"} `;
    const line = (await metrics.text()).split('\n').find((it) => it.startsWith(series));
    return Number(line?.slice(series.length) ?? 0);
  };
  return { url: `http://127.0.0.1:${port}`, port, server, accepted, logged, counted };
}

/** A minimal event, with members over it. */
export function eventOf(members: JsonObject = {}): JsonObject {
  return { specversion: '1.0', id: '1', source: '/sensors', type: 'reading', ...members };
}

/** Sends one event in structured mode. */
export async function sendEvent(
  { url }: Service,
  event: unknown,
  headers: { readonly [name: string]: string } = {},
  path = '/events',
): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json', ...headers },
    body: typeof event === 'string' ? event : JSON.stringify(event),
  });
}

/** The members of a JSON answer that tests look at. */
export async function bodyOf(response: Response): Promise<{ readonly [member: string]: unknown }> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

/** Writes bytes to a fresh connection and gives all that comes back until it closes. */
export async function exchangeRaw(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => parts.forEach((part) => socket.write(part)));
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.once('close', () => resolve(received)).once('error', reject);
  });
}
