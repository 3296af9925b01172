import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';

import { initialState } from '../../src/core/state.ts';
import { refusal } from '../../src/errors.ts';
import type { OperateApi } from '../../src/http/operate-api.ts';
import type { ProbeAnswer } from '../../src/http/probe.ts';
import type { RebuildApi } from '../../src/http/rebuild-api.ts';
import type { ReadApi } from '../../src/http/read-api.ts';
import { isObject } from '../../src/match/json.ts';
import type { Json, JsonObject } from '../../src/spec/json.ts';
import { EVENT } from '../explain/given.ts';
import { explaining } from './explained.ts';
import { triggerOf } from '../accept/given.ts';
import { REPLAYING, REPLAYS_ACTED_ON } from './replaying.ts';
import { acceptAll, eventOf, startService } from './service.ts';

const AT = '2026-09-01T12:00:00Z';
const summary = {
  name: 'retrain',
  mode: 'live',
  generation: 'abc',
  loadedAt: AT,
  workflowId: 'trigger/retrain',
  labels: { team: 'risk' },
  openWindows: 1,
  nextDeadline: AT,
} as const;
const counts = {
  accepted: 1,
  suppressed: { dedupe: 1 },
  deadLettered: 0,
  runs: 0,
  eventsInRuns: 0,
  ended: { failed: 1 },
};
const limits = { starts: 1, running: ['r1'], breaker: { state: 'open', until: AT } } as const;
const paused = { since: AT, by: 'ann', keptEvents: 2 };
const key = {
  key: 'k',
  sorting: { eventCount: 1, until: AT },
  parts: [{ part: 'a', expiresAt: AT }],
  missing: ['b'],
  threshold: { reached: 1.5, atLeast: 2, eventCount: 1 },
  window: { stage: 'debounce', mode: 'collecting', openedAt: AT, firesAt: AT, eventCount: 2 },
  waiting: [{ how: 'hold', stage: 'cooldown', cause: 'events', eventCount: 1, since: AT, until: AT }],
  heldEvents: 1,
  cooldownUntil: AT,
  limits,
  paused,
} as const;
const ordered = {
  trigger: 'retrain',
  changed: true,
  decided: [
    { kind: 'waiting', at: AT, key: 'k', stage: 'hours', eventCount: 1, runId: 'r1', detail: 'd', why: 'w', dueAt: AT },
  ],
  more: 1,
};
const run = {
  runId: 'r1',
  trigger: 'retrain',
  key: 'k',
  target: 'train',
  cause: 'events',
  status: 'rejected',
  startedAt: AT,
  endedAt: AT,
  eventCount: 1,
  approval: { state: 'rejected', by: 'ann', reason: 'no', at: AT },
} as const;

const read: ReadApi = {
  triggers: async () => ({ ok: true, value: [summary] }),
  trigger: async () => ({
    ok: true,
    value: {
      ...summary,
      definition: { run: { target: 'train' } },
      keys: [key],
      keyCount: 1,
      counts,
      pressure: { pendingItems: 0, pendingBytes: 0, keys: 1, keyBytes: 9, identities: 1 },
      limits,
      paused,
      fallback: [{ key: 'k', dueAt: AT, lastAt: AT }],
      history: { events: 1, bytes: 1, signals: 1, tasks: 1 },
      dedupeReachesBackTo: AT,
    },
  }),
  state: async () => {
    const trigger = await triggerOf('events: { pattern: { type: [reading] } }');
    return { ok: true, value: { trigger, state: initialState(trigger.definition) } };
  },
  key: async () => ({ ok: true, value: key }),
  runs: async () => ({ ok: true, value: { runs: [run], next: 'bW9yZQ' } }),
  run: async () => ({ ok: true, value: { ...run, kind: 'train', result: [1], reason: 'no' } }),
  runEvents: async (runId) => ({ ok: true, value: { runId, count: 1, events: [{ eventId: 'evt_1', value: 'a' }] } }),
  lanes: async () => ({
    ok: true,
    value: [
      {
        workflowId: 'lane/model/eu',
        of: 'lane',
        name: 'model/eu',
        limit: 1,
        holders: [{ runId: 'sb1-a', trigger: 't', kind: 'deploy', since: AT, promoting: true }],
        waiting: [{ runId: 'sb1-b', trigger: 't', kind: 'train', since: AT }],
        waitingCount: 1,
      },
    ],
  }),
  deadLetters: async () => ({ ok: true, value: { deadLetters: [letter], next: 'bW9yZQ' } }),
  deadLetter: async () => ({
    ok: true,
    value: {
      ...letter,
      state: 'replayed',
      generation: 'g1',
      entries: [{ id: 'r1', at: AT, key: 'k', detail: 'no', event: { runId: 'r1' } }],
      beyond: 0,
      run: {
        runId: 'r1',
        kind: 'train',
        cause: 'replay',
        eventCount: 1,
        eventIds: ['evt_1'],
        replays: { runId: 'r0', root: 'r0', ordinal: 1 },
      },
      params: { a: 1 },
      edited: { by: 'ann', at: AT },
      refused: { by: 'ann', at: AT, code: 'replay_refused', detail: 'no' },
      closed: { by: 'ann', reason: 'fixed', runId: 'r2', events: 2, replayId: 'bulk-replay/a' },
    },
  }),
  bulkReplays: async () => ({ ok: true, value: [{ replayId: 'bulk-replay/a', startedAt: AT, running: true }] }),
  bulkReplay: async () => ({ ok: true, value: bulk }),
};

const bulk = {
  replayId: 'bulk-replay/a',
  state: 'canaryFailed',
  why: 'no',
  by: 'ann',
  reason: 'fixed',
  startedAt: AT,
  perSecond: 0.5,
  canary: 1,
  begun: 2,
  left: 3,
  beyond: 1,
  counts: { replayed: 1, skipped: 1, refused: 0 },
  codes: { letter_closed: 1 },
  canaries: [{ deadLetterId: 'dead-letter/r1', runId: 'r2', status: 'failed' }],
  notes: [{ deadLetterId: 'dead-letter/r0', kind: 'skipped', code: 'letter_closed', detail: 'no' }],
} as const;

const letter = {
  deadLetterId: 'dead-letter/r1',
  kind: 'run',
  trigger: 'retrain',
  code: 'target_rejected',
  place: '/run/target',
  target: 'train',
  key: 'k',
  openedAt: AT,
  count: 1,
  detail: 'no',
  attempts: 1,
} as const;

const operate: OperateApi = {
  cancel: async (runId) => ({ ok: true, value: { runId, cancelRequested: true } }),
  finish: async (runId, { status }) => ({ ok: true, value: { runId, status } }),
  answer: async (runId, decision) => ({ ok: true, value: { runId, decision, by: 'ann', reason: 'fine', at: AT } }),
  order: async (trigger) => ({ ok: true, value: { ...ordered, trigger } }),
  orderAll: async () => ({ ok: true, value: { triggers: [ordered, { trigger: 'b', problem: 'away' }] } }),
  replayLetter: async (deadLetterId) => ({
    ok: true,
    value: { deadLetterId, runId: 'r2', fate: 'waiting', why: 'Closed.' },
  }),
  editLetter: async (deadLetterId, { params }) => ({ ok: true, value: { deadLetterId, params } }),
  discardLetter: async (deadLetterId, { reason }) => ({ ok: true, value: { deadLetterId, reason, by: 'ann' } }),
  selectLetters: async () => ({
    ok: true,
    value: {
      count: 1,
      beyond: 0,
      deadLetters: [{ deadLetterId: 'dead-letter/r1', trigger: 't', code: 'mapping_error' }],
    },
  }),
  replayLetters: async () => ({ ok: true, value: { replayId: 'bulk-replay/a', count: 1 } }),
  stopBulkReplay: async () => ({ ok: true, value: bulk }),
  ...REPLAYING,
};

const probed: ProbeAnswer = {
  trigger: 'retrain',
  at: AT,
  tookMs: 80,
  ok: false,
  conclusion: 'Target train: no.',
  way: {
    workerMs: 1,
    matchedMs: 0.2,
    sample: true,
    match: { kind: 'failed', code: 'mapping_error', pointer: '/key', detail: 'no' },
    decidedMs: 9.5,
    decision: { ok: true, mode: 'live', paused: { since: AT, by: 'ann' }, breaker: 'open' },
  },
  targets: [
    { target: 'train', at: ['/run/target'], found: 'notReady', detail: 'no', workerMs: 3, answeredMs: 20 },
    { target: 'slack', at: ['/approval/notify/0/target'], found: 'noAnswer', detail: 'no' },
  ],
};

const rebuilt = {
  state: 'done',
  scope: 'all',
  startedAt: AT,
  endedAt: AT,
  instances: 1,
  histories: 2,
  facts: 3,
  events: 4,
  lostFacts: 1,
  problems: ['p'],
} as const;
const rebuild: RebuildApi = {
  start: () => ({ ok: true, value: rebuilt }),
  status: () => ({ ok: true, value: rebuilt }),
};

/** A call of every operation that answers JSON. */
const CALLS: { readonly [operation: string]: readonly [path: string, body?: JsonObject, bearer?: string] } = {
  'post /events': ['/events', eventOf()],
  'post /sources/{name}': ['/sources/landing', eventOf()],
  'get /healthz': ['/healthz'],
  'get /readyz': ['/readyz'],
  'get /v1/triggers': ['/v1/triggers'],
  'get /v1/triggers/{name}': ['/v1/triggers/retrain'],
  'get /v1/triggers/{name}/keys/{key}': ['/v1/triggers/retrain/keys/a%2Fb'],
  'post /v1/triggers/{name}/pause': ['/v1/triggers/retrain/pause', { key: 'k', by: 'ann' }],
  'post /v1/triggers/{name}/resume': ['/v1/triggers/retrain/resume', {}],
  'post /v1/triggers/{name}/fire': ['/v1/triggers/retrain/fire', { params: { a: [1] }, force: true }],
  'post /v1/triggers/{name}/breaker': ['/v1/triggers/retrain/breaker', { state: 'open' }],
  'post /v1/triggers/{name}/probe': ['/v1/triggers/retrain/probe', {}],
  'post /v1/triggers/{name}/dry-run': ['/v1/triggers/retrain/dry-run', { event: eventOf() }],
  'post /v1/triggers/{name}/replay': ['/v1/triggers/retrain/replay', { since: '1h', dryRun: false, pace: '5/s' }],
  'get /v1/triggers/{name}/replays': ['/v1/triggers/retrain/replays'],
  'get /v1/triggers/{name}/replays/{id}': ['/v1/triggers/retrain/replays/rpl_1'],
  ...REPLAYS_ACTED_ON,
  'post /v1/pause': ['/v1/pause', { by: 'ann' }],
  'post /v1/resume': ['/v1/resume', {}],
  'get /v1/runs': ['/v1/runs?limit=1'],
  'get /v1/runs/{runId}': ['/v1/runs/r1'],
  'get /v1/runs/{runId}/events': ['/v1/runs/r1/events'],
  'post /v1/runs/{runId}/cancel': ['/v1/runs/r1/cancel', { by: 'ann', reason: 'no' }],
  'post /v1/runs/{runId}/finish': ['/v1/runs/r1/finish', { status: 'failed', detail: 'no' }, 'token-of-r1'],
  'post /v1/runs/{runId}/approve': ['/v1/runs/r1/approve', {}],
  'post /v1/runs/{runId}/reject': ['/v1/runs/r1/reject', {}],
  'get /v1/lanes': ['/v1/lanes'],
  'get /v1/dead-letters': ['/v1/dead-letters?kind=run&code=target_rejected'],
  'get /v1/dead-letters/{id}': ['/v1/dead-letters/dead-letter%2Fr1'],
  'post /v1/dead-letters/replay': ['/v1/dead-letters/replay', { all: true, dryRun: true }],
  'get /v1/dead-letters/replays': ['/v1/dead-letters/replays'],
  'get /v1/dead-letters/replays/{id}': ['/v1/dead-letters/replays/bulk-replay%2Fa'],
  'post /v1/dead-letters/replays/{id}/stop': ['/v1/dead-letters/replays/bulk-replay%2Fa/stop', { by: 'ann' }],
  'post /v1/dead-letters/{id}/replay': ['/v1/dead-letters/dead-letter%2Fr1/replay', { by: 'ann' }],
  'post /v1/dead-letters/{id}/edit': ['/v1/dead-letters/dead-letter%2Fr1/edit', { params: { a: [1] } }],
  'post /v1/dead-letters/{id}/discard': ['/v1/dead-letters/r1/discard', { reason: 'old' }],
  'get /v1/events': ['/v1/events'],
  'get /v1/events/{eventId}': [`/v1/events/${EVENT}`],
  'get /v1/events/{eventId}/explain': [`/v1/events/${EVENT}/explain`],
  'get /v1/triggers/{name}/why': ['/v1/triggers/retrain/why'],
  'get /v1/triggers/{name}/stats': ['/v1/triggers/retrain/stats'],
  'get /v1/stats': ['/v1/stats'],
  'get /v1/definitions': ['/v1/definitions'],
  'post /v1/store/rebuild': ['/v1/store/rebuild', {}],
  'get /v1/store/rebuild': ['/v1/store/rebuild'],
  'post /v1/match': ['/v1/match', { pattern: { type: ['reading'] }, event: eventOf() }],
};
/** What answers no JSON of its own: a text, headers alone, or this very document. */
const OTHERS = new Set([
  'get /v1/events/export',
  'options /events',
  'options /sources/{name}',
  'get /metrics',
  'get /openapi.json',
]);

const ajv = new Ajv2020({ strict: false, validateFormats: false });

/** The same of every service: it is made once. */
let documentText: string | undefined;

async function serviceAndDocument() {
  const landing = {
    spec: { type: 'cloudevents' },
    name: 'landing',
    file: 'a.yaml',
    labels: {},
    generation: 'g',
  } as const;
  const explain = explaining({ queries: [], since: [] });
  const service = await startService(
    {
      read,
      explain,
      operate,
      probe: async () => ({ ok: true, value: probed }),
      rebuild,
      sources: () => new Map([['landing', landing]]),
    },
    async (events) => {
      const verdicts = [{ eventId: 'evt_1', trigger: 'retrain', key: 'k', kind: 'pending' } as const];
      return { ...acceptAll(events), verdicts, unmatched: [{ eventId: 'evt_2' }] };
    },
  );
  documentText ??= await (await fetch(`${service.url}/openapi.json`)).text();
  const document: Json = JSON.parse(documentText);
  if (!isObject(document)) throw new Error('the document is no object');
  return { service, document };
}

/** The ways in for events take CloudEvents, everything else plain JSON. */
function typeOf(path: string): string {
  return path.startsWith('/v1/') ? 'application/json' : 'application/cloudevents+json';
}

function within(json: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), json);
}

function operationsOf(document: JsonObject): readonly string[] {
  return Object.entries(document['paths'] ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
}

test('the document is OpenAPI 3.1', async () => {
  const { document } = await serviceAndDocument();
  const checked = await new Validator().validate(structuredClone(document));
  expect(checked.errors ?? []).toEqual([]);
  expect(checked.valid).toBe(true);
});

test('every operation is called here or answers no JSON', async () => {
  const { document } = await serviceAndDocument();
  expect(operationsOf(document).toSorted()).toEqual([...Object.keys(CALLS), ...OTHERS].toSorted());
});

test.each(Object.entries(CALLS))('%s answers as the document says', async (operation, [path, body, bearer]) => {
  const { service, document } = await serviceAndDocument();
  const [method = '', template = ''] = operation.split(' ');
  const answer = await fetch(service.url + path, {
    method: method.toUpperCase(),
    ...(body && {
      headers: { 'content-type': typeOf(path), ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
      body: JSON.stringify(body),
    }),
  });
  const pathItem = within(document, 'paths', template, method, 'responses', String(answer.status));
  const schema = within(pathItem, 'content', 'application/json', 'schema');
  expect(isObject(schema)).toBe(true);
  if (!isObject(schema)) return;
  const satisfies = ajv.compile(closed(schema));
  const json: unknown = await answer.json();
  expect(satisfies(json) ? [] : satisfies.errors).toEqual([]);
});

test('a problem answers as the document says', async () => {
  const { service, document } = await serviceAndDocument();
  const problem = within(document, 'components', 'schemas', 'Problem');
  const answer = await fetch(`${service.url}/v1/runs?limit=0&nope=1`);
  expect(answer.status).toBe(400);
  const json: Json = JSON.parse(await answer.text());
  if (!isObject(problem)) throw new Error('no problem is described');
  const satisfies = ajv.compile(closed(problem));
  expect(satisfies(json) ? [] : satisfies.errors).toEqual([]);
  expect(json).toMatchObject({
    code: refusal('malformed_request', '').code,
    violations: [{ pointer: '/limit' }, { pointer: '/nope' }],
  });
});

/** The schema as if it were complete: here every member that is answered must be documented. */
function closed(schema: JsonObject): JsonObject {
  const close = (json: Json): Json => {
    if (Array.isArray(json)) return json.map(close);
    if (!isObject(json)) return json;
    const members = Object.fromEntries(Object.entries(json).map(([name, value]) => [name, close(value)]));
    return 'properties' in members && !('additionalProperties' in members)
      ? { ...members, additionalProperties: false }
      : members;
  };
  const all = close(schema);
  return isObject(all) ? all : schema;
}
