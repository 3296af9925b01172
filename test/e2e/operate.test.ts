import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { event, eventually, Service } from './service.ts';

const trigger = (name: string, rest = '') => `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  key: "\${{ event.data.key }}"
  ${rest}
  run: { target: record }
`;

let service: Service;
beforeAll(async () => {
  service = await Service.start({
    definitions: (url) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: locked }
spec: { http: { url: '${url}/start', headers: { authorization: { secret: 'env:NOT_SET_ANYWHERE' } } } }
${trigger('closed').replace('target: record', 'target: locked')}${trigger('plain')}${trigger('later')}${trigger('asking', 'approval: { timeout: 4h }')}`,
  });
});
afterAll(() => service.stop());

/** Sends one event and answers the run that it started. */
async function runOf(type: string, id: string, key = 'k'): Promise<string> {
  const { status, body } = await service.send(event(id, type, { data: { key } }), { prefer: 'wait=10' });
  expect(status).toBe(200);
  const [verdict] = Array.isArray(body['verdicts']) ? body['verdicts'] : [];
  const runId: unknown = verdict?.runId;
  if (typeof runId !== 'string') throw new Error(`no run was started: ${JSON.stringify(body)}`);
  return runId;
}

function text(json: unknown): string {
  return typeof json === 'string' ? json : '';
}

async function statusOf(runId: string, status: string): Promise<void> {
  await eventually(`${runId} is ${status}`, async () => {
    const { body } = await service.get(`/v1/runs/${runId}`);
    return body['status'] === status ? true : undefined;
  });
}

/** The run ids of a list, once it has as many as asked for. */
async function listed(query: string, count: number): Promise<readonly string[]> {
  return eventually(`${count} runs for ${query}`, async () => {
    const { body } = await service.get(`/v1/runs?${query}`);
    const runs: readonly { readonly runId: string }[] = JSON.parse(JSON.stringify(body['runs']));
    return runs.length === count ? runs.map(({ runId }) => runId) : undefined;
  });
}

describe('a run that waits for approval', () => {
  test('starts when it is approved; the same answer again says who it was, another one is refused', async () => {
    const runId = await runOf('asking', 'approve');
    await statusOf(runId, 'waitingForApproval');
    const waiting = await service.get(`/v1/runs/${runId}`);
    expect(waiting.body).toMatchObject({ approval: { state: 'waiting', onTimeout: 'reject', why: 'approval' } });
    const { body } = await service.get(`/v1/runs/${runId}/events`);
    const [{ eventId }]: readonly [{ readonly eventId: string }] = JSON.parse(JSON.stringify(body['events']));
    // A new database takes seconds to make on a busy machine.
    const explained = await eventually(
      'explain knows of the run',
      async () => {
        const answer = await service.get(`/v1/events/${eventId}/explain`);
        return text(answer.body['conclusion']).includes(runId) ? answer.body : undefined;
      },
      90_000,
    );
    expect(explained).toMatchObject({
      conclusion: expect.stringContaining('which waits for approval until '),
      triggers: [{ run: { status: 'waitingForApproval', approval: { onTimeout: 'reject' } } }],
    });
    const first = await service.order(`/v1/runs/${runId}/approve`, { by: 'ann', reason: 'seen' });
    expect(first).toMatchObject({ status: 200, body: { decision: 'approved', by: 'ann', reason: 'seen' } });
    await statusOf(runId, 'succeeded');
    expect(await service.order(`/v1/runs/${runId}/approve`, { by: 'bob' })).toMatchObject({ body: first.body });
    const other = await service.order(`/v1/runs/${runId}/reject`, { by: 'bob' });
    expect(other).toMatchObject({ status: 409, body: { code: 'already_decided' } });
    expect(other.body['detail']).toContain('approved by ann');
  }, 120_000);

  test('is rejected with its reason, and found by that', async () => {
    const runId = await runOf('asking', 'reject');
    await statusOf(runId, 'waitingForApproval');
    expect(await listed('status=waitingForApproval&trigger=asking', 1)).toEqual([runId]);
    expect((await service.order(`/v1/runs/${runId}/reject`, { by: 'ann', reason: 'no' })).status).toBe(200);
    await statusOf(runId, 'rejected');
    expect((await service.get(`/v1/runs/${runId}`)).body).toMatchObject({
      approval: { state: 'rejected', by: 'ann' },
      reason: 'By ann: no',
    });
    expect(await listed('status=rejected', 1)).toEqual([runId]);
  });

  test('can be cancelled, once', async () => {
    const runId = await runOf('asking', 'cancel');
    await statusOf(runId, 'waitingForApproval');
    expect(await service.order(`/v1/runs/${runId}/cancel`, { by: 'ann' })).toMatchObject({ status: 202 });
    await statusOf(runId, 'cancelled');
    expect(await service.order(`/v1/runs/${runId}/cancel`)).toMatchObject({ status: 409, body: { code: 'run_ended' } });
    expect(await service.order(`/v1/runs/${runId}/approve`)).toMatchObject({
      status: 409,
      body: { code: 'run_ended' },
    });
  });
});

test('orders go to runs alone, and say what is wrong with them', async () => {
  await runOf('plain', 'instance');
  expect(await service.order('/v1/runs/trigger%2Fplain/cancel')).toMatchObject({ status: 404 });
  expect(await service.order('/v1/runs/nope/approve')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await service.order('/v1/runs/nope/approve', { by: 1, who: '' })).toMatchObject({
    status: 400,
    body: { violations: [{ pointer: '/by' }, { pointer: '/who' }] },
  });
});

test('runs are listed by trigger, key, status and time, a page at a time', async () => {
  const awkward = 'a "b" \\ c';
  const ids = [];
  for (const id of ['1', '2', '3']) ids.push(await runOf('plain', `list-${id}`, id === '3' ? awkward : 'listed'));
  const all = await listed('trigger=plain&key=listed', 2);
  expect(all.toSorted()).toEqual(ids.slice(0, 2).toSorted());
  expect(await listed(`key=${encodeURIComponent(awkward)}`, 1)).toEqual(ids.slice(2));
  expect(await listed('trigger=plain&status=running', 0)).toEqual([]);
  expect(await listed('key=listed&since=2099-01-01', 0)).toEqual([]);
  const first = await service.get('/v1/runs?key=listed&limit=1');
  expect(first.body['runs']).toHaveLength(1);
  const second = await service.get(`/v1/runs?key=listed&limit=1&page=${text(first.body['next'])}`);
  expect([first, second].map(({ body }) => JSON.parse(JSON.stringify(body['runs']))[0].runId)).toEqual(all);
  expect(await service.get('/v1/runs?page=bm9uZQ')).toMatchObject({ status: 400, body: { code: 'malformed_request' } });
});

describe('orders to a trigger', () => {
  test('pause what does not run yet, keep what comes, and tell what a resume starts', async () => {
    const paused = await service.order('/v1/triggers/later/pause', { by: 'ann' });
    expect(paused).toMatchObject({ status: 200, body: { changed: true, decided: [{ kind: 'paused' }] } });
    expect((await service.send(event('kept', 'later', { data: { key: 'k' } }))).status).toBe(202);
    const shown = await service.get('/v1/triggers/later');
    expect(shown.body).toMatchObject({ paused: { by: 'ann' } });
    const resumed = await service.order('/v1/triggers/later/resume');
    expect(resumed.body).toMatchObject({ decided: [{ kind: 'resumed' }, { kind: 'runDecided', eventCount: 1 }] });
    expect(await service.order('/v1/triggers/later/resume')).toMatchObject({ body: { changed: false } });
  });

  test('fire one run for one Idempotency-Key', async () => {
    const fire = () => service.order('/v1/triggers/plain/fire', { key: 'fired' }, { 'idempotency-key': 'once' });
    const [first, second] = [await fire(), await fire()];
    expect(first).toMatchObject({ status: 202, body: { key: 'fired', idempotencyKey: 'once' } });
    const runId = text(first.body['runId']);
    await statusOf(runId, 'succeeded');
    expect(second.status).toBe(202);
    expect(await listed('key=fired', 1)).toEqual([runId]);
    expect((await service.get(`/v1/runs/${runId}`)).body).toMatchObject({ cause: 'manual', eventCount: 0 });
  });

  test('go to all triggers', async () => {
    const paused = await service.order('/v1/pause', { by: 'ann' });
    const names = ['asking', 'closed', 'later', 'plain'];
    expect(paused.body).toMatchObject({ triggers: names.map((trigger) => ({ trigger, changed: true })) });
    const resumed = await service.order('/v1/resume', { by: 'ann' });
    expect(resumed.body).toMatchObject({ triggers: names.map((trigger) => ({ trigger, changed: true })) });
  });

  test('are refused where they make no sense', async () => {
    expect((await service.order('/v1/triggers/nope/pause')).status).toBe(404);
    expect((await service.order('/v1/triggers/plain/breaker', { state: 'open' })).status).toBe(400);
    expect((await service.order('/v1/triggers/plain/fire', { key: '' })).status).toBe(400);
    const odd = await service.order('/v1/triggers/plain/fire', {}, { 'idempotency-key': 'a b' });
    expect(odd.status).toBe(400);
  });
});

test('dead letters are listed by what they are, a page at a time, and dealt with', async () => {
  const [first, second] = [await runOf('closed', 'dead-1', 'a'), await runOf('closed', 'dead-2', 'b')];
  const found = (query: string, count: number) =>
    eventually(`${count} dead letters for ${query}`, async () => {
      const { body } = await service.get(`/v1/dead-letters?${query}`);
      const letters: readonly { readonly deadLetterId: string }[] = JSON.parse(JSON.stringify(body['deadLetters']));
      return letters.length === count ? letters.map(({ deadLetterId }) => deadLetterId).toSorted() : undefined;
    });
  const both = [first, second].map((runId) => `dead-letter/${runId}`).toSorted();
  expect(await found('trigger=closed&code=secret_missing', 2)).toEqual(both);
  expect(await found('target=locked&kind=run', 2)).toEqual(both);
  expect(await found('key=a', 1)).toEqual([`dead-letter/${first}`]);
  expect(await found('trigger=closed&kind=events', 0)).toEqual([]);
  const page = await service.get('/v1/dead-letters?trigger=closed&limit=1');
  const next = await service.get(`/v1/dead-letters?trigger=closed&limit=1&page=${text(page.body['next'])}`);
  expect(next.body).not.toEqual(page.body);
  expect(page.body).toMatchObject({ deadLetters: [{ trigger: 'closed', target: 'locked', count: 1, attempts: 0 }] });
  const shows = (line: string) =>
    eventually(line, async () => (await service.metrics()).includes(`${line}\n`) || undefined, 40_000);
  await shows('signalbox_dead_letters_open{trigger="closed",code="secret_missing"} 2');
  const id = encodeURIComponent(`dead-letter/${first}`);
  expect((await service.get(`/v1/dead-letters/${id}`)).body).toMatchObject({ state: 'open', run: { runId: first } });
  const discarded = await service.order(`/v1/dead-letters/${id}/discard`, { by: 'ann', reason: 'seen' });
  expect(discarded).toMatchObject({ status: 200, body: { by: 'ann', reason: 'seen' } });
  expect(await service.order(`/v1/dead-letters/${first}/replay`)).toMatchObject({
    status: 409,
    body: { code: 'letter_closed' },
  });
  const replayed = await service.order(`/v1/dead-letters/${second}/replay`, { by: 'ann' });
  expect(replayed).toMatchObject({ status: 200, body: { fate: 'started' } });
  expect(await found('key=b', 1)).toEqual([`dead-letter/${text(replayed.body['runId'])}`]);
  expect((await service.get('/v1/dead-letters/nope')).status).toBe(404);
  await shows('signalbox_dead_letters_closed_total{trigger="closed",how="replayed"} 1');
  await shows('signalbox_dead_letters_closed_total{trigger="closed",how="discarded"} 1');
  await shows('signalbox_dead_letters_open{trigger="closed",code="secret_missing"} 1');
}, 150_000);

test('one key shows what it holds, and one that holds nothing its name', async () => {
  await service.order('/v1/triggers/later/pause', { key: 'eu', by: 'ann' });
  expect((await service.get('/v1/triggers/later/keys/eu')).body).toMatchObject({ key: 'eu', paused: { by: 'ann' } });
  expect((await service.get('/v1/triggers/later/keys/nothing')).body).toEqual({ key: 'nothing' });
  expect((await service.get('/v1/triggers/nope/keys/eu')).status).toBe(404);
});

test('a dry run tells what an event would lead to by the present state, and changes nothing', async () => {
  const given = event('dry', 'plain', { data: { key: 'dry' } });
  const before = await service.get('/v1/triggers/plain');
  const would = await service.order('/v1/triggers/plain/dry-run', { event: given });
  expect(would).toMatchObject({ status: 200, body: { outcome: 'run', key: 'dry', runs: [{ eventCount: 1 }] } });
  expect((await service.get('/v1/triggers/plain')).body['counts']).toEqual(before.body['counts']);
  const runId = await runOf('plain', 'dry', 'dry');
  expect(would.body).toMatchObject({ runs: [{ runId, approval: 'none' }] });
  expect((await service.order('/v1/triggers/plain/dry-run', { event: given })).body).toMatchObject({
    outcome: 'suppressed',
  });
  const asking = await service.order('/v1/triggers/asking/dry-run', {
    event: event('dry', 'asking', { data: { key: 'k' } }),
  });
  expect(asking.body).toMatchObject({ outcome: 'run', runs: [{ approval: 'asks' }] });
});
