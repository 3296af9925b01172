import { describe, expect, test } from 'vitest';

import { refusal } from '../../src/errors.ts';
import type { ReadApi } from '../../src/http/read-api.ts';
import { bodyOf, NOTHING_DONE, type Service, startService } from './service.ts';

const PATHS = [
  'post /events',
  'options /events',
  'post /sources/{name}',
  'options /sources/{name}',
  'get /healthz',
  'get /readyz',
  'get /metrics',
  'get /v1/triggers',
  'get /v1/triggers/{name}',
  'get /v1/triggers/{name}/keys/{key}',
  'post /v1/triggers/{name}/pause',
  'post /v1/triggers/{name}/resume',
  'post /v1/triggers/{name}/fire',
  'post /v1/triggers/{name}/breaker',
  'post /v1/triggers/{name}/dry-run',
  'post /v1/triggers/{name}/probe',
  'post /v1/pause',
  'post /v1/resume',
  'get /v1/runs',
  'get /v1/runs/{runId}',
  'get /v1/runs/{runId}/events',
  'post /v1/runs/{runId}/cancel',
  'post /v1/runs/{runId}/finish',
  'post /v1/runs/{runId}/approve',
  'post /v1/runs/{runId}/reject',
  'get /v1/dead-letters',
  'get /v1/dead-letters/{id}',
  'post /v1/dead-letters/replay',
  'get /v1/dead-letters/replays',
  'get /v1/dead-letters/replays/{id}',
  'post /v1/dead-letters/replays/{id}/stop',
  'post /v1/dead-letters/{id}/replay',
  'post /v1/dead-letters/{id}/edit',
  'post /v1/dead-letters/{id}/discard',
  'get /v1/definitions',
  'get /v1/events/export',
  'get /v1/events',
  'get /v1/events/{eventId}',
  'get /v1/events/{eventId}/explain',
  'get /v1/lanes',
  'get /v1/triggers/{name}/why',
  'post /v1/triggers/{name}/replay',
  'get /v1/triggers/{name}/replays',
  'get /v1/triggers/{name}/replays/{id}',
  'post /v1/triggers/{name}/replays/{id}/stop',
  'post /v1/triggers/{name}/replays/{id}/resume',
  'get /v1/triggers/{name}/stats',
  'get /v1/stats',
  'post /v1/match',
  'post /v1/store/rebuild',
  'get /v1/store/rebuild',
  'get /openapi.json',
];

const summary = {
  name: 'retrain',
  mode: 'live',
  generation: 'abc',
  loadedAt: '2026-09-01T12:00:00Z',
  workflowId: 'trigger/retrain',
} as const;

const unavailable = async () => ({ ok: false as const, refusal: refusal('temporal_unavailable', 'No answer.') });

const read: ReadApi = {
  triggers: async () => ({ ok: true, value: [summary] }),
  trigger: async (name) =>
    name === 'retrain'
      ? { ok: true, value: { ...summary, definition: {}, keys: [], keyCount: 0 } }
      : { ok: false, refusal: refusal('not_found', `No trigger is named ${name}.`) },
  key: unavailable,
  state: unavailable,
  runs: async () => ({ ok: true, value: { runs: [] } }),
  run: unavailable,
  runEvents: async (runId) => ({ ok: true, value: { runId, count: 0, events: [] } }),
  lanes: async () => ({ ok: true, value: [] }),
  deadLetters: async () => ({ ok: true, value: { deadLetters: [] } }),
  deadLetter: unavailable,
  bulkReplays: unavailable,
  bulkReplay: unavailable,
};

const get = async (service: Service, path: string) => {
  const answer = await fetch(service.url + path);
  return { status: answer.status, body: await bodyOf(answer) };
};

describe('operations', () => {
  test('healthz answers while the process lives', async () => {
    expect(await get(await startService(), '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('readyz says what is missing', async () => {
    const checks = { temporal: { ok: false, detail: 'connection refused' } };
    const service = await startService({ readiness: async () => ({ ready: false, checks }) });
    expect(await get(service, '/readyz')).toEqual({ status: 503, body: { ready: false, checks } });
    expect((await get(await startService(), '/readyz')).status).toBe(200);
  });

  test('metrics come as Prometheus text', async () => {
    const { url } = await startService();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('signalbox_build_info');
  });

  test('openapi.json lists every route', async () => {
    const { body } = await get(await startService({ version: '1.2.3' }), '/openapi.json');
    expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
    const listed = Object.entries(body['paths'] ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(listed.toSorted()).toEqual(PATHS.toSorted());
    expect(body['paths']).toMatchObject({ '/sources/{name}': { post: { security: [{ sourceBearer: [] }] } } });
  });

  test('every answer carries a request id, the caller’s own where it is plain', async () => {
    const { url } = await startService();
    const ids = await Promise.all(
      ['req-1', 'a b', 'x'.repeat(65)].map(async (id) =>
        (await fetch(`${url}/healthz`, { headers: { 'x-request-id': id } })).headers.get('x-request-id'),
      ),
    );
    expect(ids).toEqual(['req-1', expect.stringMatching(/^[0-9a-f-]{36}$/), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  test('headers tell nothing about the software', async () => {
    const { headers } = await fetch(`${(await startService()).url}/healthz`);
    expect(['x-powered-by', 'etag', 'server'].filter((name) => headers.has(name))).toEqual([]);
  });
});

describe('readers', () => {
  test('answer what is there', async () => {
    const service = await startService({ read });
    expect((await get(service, '/v1/triggers')).body).toEqual({ triggers: [summary] });
    expect((await get(service, '/v1/triggers/retrain')).body).toMatchObject({ name: 'retrain', keys: [] });
    expect((await get(service, '/v1/runs/a%2Fb/events')).body).toMatchObject({ runId: 'a/b' });
    expect((await get(service, '/v1/dead-letters')).body).toEqual({ deadLetters: [] });
  });

  test('answer a problem where nothing is there or Temporal is away', async () => {
    const service = await startService({ read });
    expect(await get(service, '/v1/triggers/nope')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await get(service, '/v1/runs/r1')).toMatchObject({ status: 503, body: { code: 'temporal_unavailable' } });
  });
});

describe('a callback', () => {
  const called = async (token: string | undefined, body: unknown = {}) => {
    const told: unknown[] = [];
    const { url } = await startService({
      token: 'of-the-service',
      operate: {
        ...NOTHING_DONE,
        finish: async (runId, answer) => {
          told.push([runId, answer]);
          return { ok: true, value: { runId, status: answer.status } };
        },
      },
    });
    const answer = await fetch(`${url}/v1/runs/r1/finish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return { status: answer.status, told };
  };

  test('is taken with the token of its run, which the service’s own is not', async () => {
    const body = { status: 'failed', detail: 'NaN', result: { epoch: 3 } };
    expect(await called('token-of-r1', body)).toEqual({ status: 200, told: [['r1', body]] });
    expect(await called('token-of-r1')).toEqual({ status: 200, told: [['r1', { status: 'succeeded' }]] });
    for (const token of ['token-of-r2', 'of-the-service', undefined]) {
      expect(await called(token, body)).toEqual({ status: 401, told: [] });
    }
  });

  test('says how it ended, and no more than history takes', async () => {
    expect(await called('token-of-r1', { status: 'fine' })).toEqual({ status: 400, told: [] });
    expect(await called('token-of-r1', { result: 'x'.repeat(70_000) })).toEqual({ status: 400, told: [] });
  });
});

describe('paths and methods that are not there', () => {
  test('are 404, and 405 with the methods that are', async () => {
    const service = await startService();
    expect(await get(service, '/nope')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const answer = await fetch(`${service.url}/events`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    const put = await fetch(`${service.url}/v1/triggers/a`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
    });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('a path with a broken escape is 400', async () => {
    expect(await get(await startService(), '/v1/triggers/%zz')).toMatchObject({
      status: 400,
      body: { code: 'malformed_request' },
    });
  });
});
