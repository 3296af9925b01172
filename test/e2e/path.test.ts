import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { event, eventually, Service } from './service.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: missing-program }
spec: { command: { run: [no-such-program-anywhere] } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: crashing-program }
spec: { command: { run: [node, -e, "console.error('out of memory, says the program'); process.exit(7)"] } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: loud-program }
spec:
  command:
    run: [node, -e, "const line = 'x'.repeat(1023) + '\\\\n'; let left = 102400; const write = () => { while (left > 0) { left -= 1; if (!process.stdout.write(line)) { process.stdout.once('drain', write); return; } } process.stdout.write(JSON.stringify({ auc: 0.97 }) + '\\\\n'); }; write();"]
---
${trigger('each', 'record', 'params: { id: "${{ event.id }}", n: "${{ event.data.n }}" }')}
---
${trigger('slow', 'record', 'params: { count: "${{ run.eventCount }}" }', 'debounce: { quiet: 5m }')}
---
${trigger('strict', 'record', '', 'key: "${{ event.data.model }}"', 'when: event.data.size > 10')}
---
${trigger('missing', 'missing-program')}
---
${trigger('crashing', 'crashing-program')}
---
${trigger('loud', 'loud-program')}
`;

function trigger(name: string, target: string, params = '', more = '', selector = ''): string {
  return `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events:
    pattern: { type: [${name}] }
    ${selector}
  ${more}
  run:
    target: ${target}
    ${params}`;
}

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions });
});
afterAll(async () => service.stop());

const callFor = (id: string) =>
  eventually(`a call for ${id}`, () =>
    service.target.calls.find(({ body }) => JSON.stringify(body['params']).includes(`"${id}"`)),
  );

describe('an event over HTTP', () => {
  test.each([
    ['structured', async () => service.send(event('s1', 'each', { data: { n: 1 } }), { traceparent: TRACE })],
    [
      'binary',
      async () =>
        service.post('{"n":1}', {
          'content-type': 'application/json',
          'ce-specversion': '1.0',
          'ce-id': 's1',
          'ce-source': 'urn:e2e:binary',
          'ce-type': 'each',
          'ce-traceparent': TRACE,
        }),
    ],
    [
      'batch',
      async () => service.send([event('s1', 'each', { source: 'urn:e2e:batch', data: { n: 1 }, traceparent: TRACE })]),
    ],
  ])('in %s mode starts its run once, with its params and its trace', async (_mode, send) => {
    const before = service.target.calls.length;
    const { status, body } = await send();
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: [{ id: 's1', triggers: [{ trigger: 'each', key: 'default' }] }] });
    await eventually('a call', () => service.target.calls[before]);
    const again = await send();
    expect(again.status).toBe(202);
    const known = await service.send(event('s1', 'each', { data: { n: 1 } }), { prefer: 'wait=10' });
    expect(known.body).toMatchObject({ verdicts: [{ kind: 'suppressed', stage: 'dedupe' }] });
    const [call, ...more] = service.target.calls.slice(before);
    expect(more).toEqual([]);
    expect(call?.body).toMatchObject({ trigger: 'each', key: 'default', cause: 'events', params: { id: 's1', n: 1 } });
    expect(call?.key).toBe(call?.body['runId']);
    expect(call?.headers['traceparent']).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  test('that no trigger takes is answered so', async () => {
    const { status, body } = await service.send(event('n1', 'nobody'));
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: [{ id: 'n1', triggers: [] }], deadLettered: [] });
  });
});

describe('a sender that waits', () => {
  const wait = { prefer: 'wait=10' };

  test('is told of the run that started, of a duplicate and of a conflict', async () => {
    const first = await service.send(event('w1', 'each', { data: { n: 1 } }), wait);
    expect(first.status).toBe(200);
    expect(first.headers.get('preference-applied')).toBe('wait=10');
    expect(first.body).toMatchObject({ verdicts: [{ trigger: 'each', kind: 'started', cause: 'events' }] });
    const call = await callFor('w1');
    expect(first.body).toMatchObject({ verdicts: [{ runId: call.key }] });
    const duplicate = await service.send(event('w1', 'each', { data: { n: 1 } }), wait);
    expect(duplicate.body).toMatchObject({ verdicts: [{ kind: 'suppressed', stage: 'dedupe' }] });
    const conflict = await service.send(event('w1', 'each', { data: { n: 2 } }), wait);
    expect(conflict.body).toMatchObject({ verdicts: [{ kind: 'deadLettered', code: 'event_id_conflict' }] });
  });

  test('gets the plain answer while nothing is decided', async () => {
    const { status, body } = await service.send(event('w2', 'slow', { data: {} }), { prefer: 'wait=1' });
    expect(status).toBe(202);
    expect(body).not.toHaveProperty('verdicts');
  });
});

describe('reading', () => {
  test('a trigger shows its open window and when it is due', async () => {
    await service.send(event('r1', 'slow', { data: {} }));
    const shown = await eventually('an open window', async () => {
      const { body } = await service.get('/v1/triggers/slow');
      return Number(body['openWindows']) > 0 ? body : undefined;
    });
    expect(shown).toMatchObject({ name: 'slow', keyCount: 1, keys: [{ key: 'default' }] });
    const inMs = Date.parse(JSON.stringify(shown['nextDeadline']).slice(1, -1)) - Date.now();
    expect(inMs).toBeGreaterThan(200_000);
    expect(inMs).toBeLessThanOrEqual(300_000);
  });

  test('a run shows what it was and which events it covers', async () => {
    const { body } = await service.send(event('r2', 'each', { data: { n: 5 } }), { prefer: 'wait=10' });
    const { key: runId } = await callFor('r2');
    const run = await eventually('the end of the run', async () => {
      const read = await service.get(`/v1/runs/${runId}`);
      return read.body['status'] === 'running' ? undefined : read.body;
    });
    expect(run).toMatchObject({ runId, trigger: 'each', target: 'record', status: 'succeeded', eventCount: 1 });
    const events = await service.get(`/v1/runs/${runId}/events`);
    expect(events.body).toMatchObject({ runId, count: 1 });
    expect(JSON.stringify(body)).toContain(JSON.stringify(events.body['events']).match(/evt_[\w-]+/)?.[0]);
  });

  test.each(['/v1/runs/sb1-none', '/v1/runs/sb1-none/events', '/v1/runs/trigger%2Feach', '/v1/triggers/none'])(
    'what is not there is not found: %s',
    async (path) => {
      const { status, body } = await service.get(path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'not_found' });
    },
  );

  test('dead letters are listed with what failed and where', async () => {
    const filter = await service.send(event('d1', 'strict', { data: { model: 'a', size: 'big' } }));
    expect(filter.body).toMatchObject({ deadLettered: [{ trigger: 'strict', code: 'filter_error' }] });
    const mapping = await service.send(event('d2', 'strict', { data: { size: 20 } }));
    expect(mapping.body).toMatchObject({ deadLettered: [{ code: 'mapping_error', pointer: '/key' }] });
    const { body } = await service.get('/v1/dead-letters');
    expect(body).toMatchObject({
      deadLetters: expect.arrayContaining([
        expect.objectContaining({ kind: 'events', trigger: 'strict', code: 'filter_error', count: 1 }),
        expect.objectContaining({ kind: 'events', trigger: 'strict', code: 'mapping_error', count: 1 }),
      ]),
    });
  });
});

describe('a program as the target', () => {
  const ended = async (trigger: string, id: string) => {
    const { status, body } = await service.send(event(id, trigger), { prefer: 'wait=30' });
    expect(status).toBe(200);
    const runId = /sb1-\w+/.exec(JSON.stringify(body))?.[0] ?? '';
    return eventually('the end of the run', async () => {
      const run = await service.get(`/v1/runs/${runId}`);
      return run.body['status'] === 'running' ? undefined : run.body;
    });
  };

  test('that does not exist leaves its run to a person', async () => {
    expect(await ended('missing', 'p1')).toMatchObject({ status: 'held' });
    const { body } = await service.get('/v1/dead-letters');
    expect(JSON.stringify(body)).toContain('no-such-program-anywhere');
  });

  test('that crashes is a failed run that quotes it', async () => {
    const run = await ended('crashing', 'p2');
    expect(run).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(run)).toContain('out of memory, says the program');
  });

  test('that prints 100 MB succeeds with its last line as the result', async () => {
    expect(await ended('loud', 'p3')).toMatchObject({ status: 'succeeded', result: { auc: 0.97 } });
  });
});
