import { afterAll, beforeAll, expect, test } from 'vitest';

import { selectLetters } from '../../src/temporal/select-letters.ts';
import { event, eventually, Service } from './service.ts';

const trigger = (name: string, target: string) => `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  key: "\${{ event.data.key }}"
  run: { target: ${target} }
`;
const definitions = (url: string, target: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: locked }
spec: { http: { url: '${url}/start', headers: { authorization: { secret: 'env:NOT_SET_ANYWHERE' } } } }
${trigger('train', target)}${trigger('other', 'locked')}`;

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions: (url) => definitions(url, 'locked') });
});
afterAll(() => service.stop());

/** What a dry run of a filter finds. */
async function fits(filter: { readonly [name: string]: string }): Promise<number> {
  const { body } = await service.order('/v1/dead-letters/replay', { ...filter, dryRun: true });
  return Number(body['count']);
}

test('many dead letters are replayed by a filter, after a dry run, and a worker that ends meanwhile loses none', async () => {
  const ids = Array.from({ length: 15 }, (_, index) => event(`e${index}`, 'train', { data: { key: `k"${index}` } }));
  expect(await service.send(ids)).toMatchObject({ status: 202 });
  await service.send(event('other', 'other', { data: { key: 'k' } }));
  await eventually(
    '16 dead letters are listed',
    async () => ((await fits({ code: 'secret_missing' })) === 16 ? true : undefined),
    60_000,
  );
  expect(await fits({ trigger: 'train' })).toBe(15);
  expect(await fits({ target: 'nothing-of-this-name' })).toBe(0);
  expect(await fits({ trigger: 'train', key: 'k"7' })).toBe(1);
  const ofRuns = { trigger: 'train', kind: 'run' } as const;
  const selected = async (span: object) => (await selectLetters(service.client, { ...ofRuns, ...span })).letters.length;
  expect(await selected({ fromAt: Date.now() - 600_000, untilAt: Date.now() })).toBe(15);
  expect(await selected({ fromAt: Date.now() + 60_000 })).toBe(0);
  expect(await selected({ untilAt: Date.now() - 600_000 })).toBe(0);
  expect(await fits({ key: 'k" OR SignalboxKey = "k' })).toBe(0);

  expect(await service.order('/v1/dead-letters/replay', { trigger: 'nobody' })).toMatchObject({
    status: 202,
    body: { count: 0 },
  });
  for (const wrong of [
    {},
    { all: true, trigger: 'train' },
    { all: true, pace: '200/s' },
    { all: true, pace: 'fast' },
  ]) {
    expect(await service.order('/v1/dead-letters/replay', wrong)).toMatchObject({ status: 400 });
  }

  service.define('definitions.yaml', definitions(service.target.url, 'record'));
  await eventually(
    'the definition is loaded',
    async () => {
      const { body } = await service.get('/v1/triggers/train');
      return JSON.stringify(body['definition']).includes('record') ? true : undefined;
    },
    60_000,
  );
  const order = { trigger: 'train', pace: '5/s', by: 'ann', id: 'mended' };
  const begun = await service.order('/v1/dead-letters/replay', order);
  expect(begun).toMatchObject({ status: 202, body: { replayId: 'bulk-replay/mended', count: 15 } });
  await eventually('some are replayed', async () => (service.target.calls.length >= 6 ? true : undefined));
  // The same again is the same bulk replay.
  expect(await service.order('/v1/dead-letters/replay', order)).toMatchObject({
    body: { replayId: 'bulk-replay/mended' },
  });
  await service.end();
  await service.launch();
  const done = await eventually(
    'all are replayed',
    async () => {
      const { body } = await service.get('/v1/dead-letters/replays/mended');
      return body['state'] === 'done' ? body : undefined;
    },
    90_000,
  );
  expect(done).toMatchObject({
    counts: { replayed: 15, skipped: 0, refused: 0 },
    left: 0,
    canaries: [{ status: 'succeeded' }],
  });
  await eventually('every run has called', async () => (service.target.calls.length === 15 ? true : undefined));
  expect((await service.get('/v1/dead-letters/replays')).body).toMatchObject({
    replays: [{ replayId: 'bulk-replay/mended', running: false }],
  });
  expect(await service.order('/v1/dead-letters/replays/mended/stop')).toMatchObject({
    status: 409,
    body: { code: 'replay_ended' },
  });
  expect(await fits({ trigger: 'train' })).toBe(0);
}, 240_000);
