import { execFile } from 'node:child_process';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { event, eventually, type Reply, Service } from './service.ts';

const trigger = (name: string, type: string, rest = '') => `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${type}] } }
  key: "\${{ event.data.key }}"
  ${rest}
  run: { target: record, params: { id: "\${{ event.id }}" } }
`;

let service: Service;
beforeAll(async () => {
  service = await Service.start({
    definitions: (url) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
${trigger('replayed', 'file', 'dedupe: { by: "${{ event.id }}" }')}${trigger('neighbour', 'file')}
${trigger('slow', 'slow')}${trigger('stale', 'stale', 'freshness: { maxAge: 1s }')}${trigger('quiet', 'nothing')}`,
  });
  const isReady = async () =>
    JSON.stringify((await service.get('/readyz')).body['checks']).includes('"store":{"ok":true');
  await eventually('the store to open', async () => ((await isReady()) ? true : undefined), 90_000);
});
afterAll(() => service.stop());

/** Commands are processes of their own, which take seconds to start on a busy machine. */
const PATIENT_MS = 400_000;

const calls = (name: string) => service.target.calls.filter(({ body }) => body['trigger'] === name);

/** Sends events of a type, and waits until the store has them and `runs` runs of the trigger were started. */
async function sent(type: string, count: number, name: string, runs: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => event(`${type}-${index}`, type, { data: { key: 'k' } }));
  expect((await service.send(events)).status).toBe(202);
  await eventually('the runs', () => (calls(name).length === runs ? true : undefined), 60_000);
  await eventually('the store', async () => {
    const { body } = await service.get(`/v1/events?type=${type}&limit=1000`);
    return Array.isArray(body['events']) && body['events'].length === count ? true : undefined;
  });
}

const replay = (name: string, body: Parameters<Service['order']>[1], headers = {}): Promise<Reply> =>
  service.order(`/v1/triggers/${name}/replay`, body, headers);

async function ended(name: string, replayId: unknown): Promise<Reply['body']> {
  return eventually(
    'the end of the replay',
    async () => {
      const { status, body } = await service.get(`/v1/triggers/${name}/replays/${String(replayId)}`);
      return status === 200 && body['state'] !== 'running' ? body : undefined;
    },
    90_000,
  );
}

/** What a command of a second terminal said. */
function command(...args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string }> {
  const env = { ...process.env, SIGNALBOX_API_URL: service.running.url };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/signalbox.mjs', ...args], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out: out + err }),
    );
  });
}

test(
  'a hundred stored events are replayed once, for their trigger alone, however often it is asked for',
  async () => {
    await sent('file', 100, 'replayed', 100);
    const until = new Date().toISOString();
    const span = { since: new Date(Date.now() - 3_600_000).toISOString(), until, pace: '100/s' };
    const foreseen = await replay('replayed', span);
    expect(foreseen).toMatchObject({
      status: 200,
      body: { dryRun: true, events: 100, runs: 100, suppressed: {}, failed: 0, waiting: 0, takesMs: 1_000 },
    });
    const wish = [{ ...span, dryRun: false, by: 'ann' }, { 'idempotency-key': 'once' }] as const;
    const [one, two] = await Promise.all([replay('replayed', ...wish), replay('replayed', ...wish)]);
    expect([one.status, two.status]).toEqual([202, 202]);
    const { replayId } = one.body;
    expect(two.body['replayId']).toBe(replayId);
    expect(await ended('replayed', replayId)).toMatchObject({ state: 'done', offered: 100, expected: 100, by: 'ann' });
    await eventually('the runs', () => (calls('replayed').length === 200 ? true : undefined));
    expect((await replay('replayed', ...wish)).body).toMatchObject({ replayId, state: 'done' });
    const args = ['replay', '--trigger', 'replayed', '--since', '1h', '--yes'];
    const again = await command(...args);
    expect(again).toMatchObject({ code: 1, out: expect.stringContaining('already_replayed') });
    expect(new Set(calls('replayed').map(({ key }) => key))).toHaveProperty('size', 200);
    expect(calls('replayed')).toHaveLength(200);
    expect(calls('neighbour')).toHaveLength(100);
    const listed = await service.get('/v1/triggers/replayed/replays');
    expect(listed.body['replays']).toMatchObject([{ replayId }]);
  },
  PATIENT_MS,
);

test(
  'what was replayed says where it comes from, and what it became',
  async () => {
    const { body } = await service.get('/v1/events?type=file&limit=1000');
    const events: readonly { eventId: string; replayOf?: string }[] = JSON.parse(JSON.stringify(body['events']));
    const later = events.find(({ replayOf }) => replayOf !== undefined);
    expect(events.filter(({ replayOf }) => replayOf !== undefined)).toHaveLength(100);
    const explained = await service.get(`/v1/events/${later?.eventId}/explain`);
    expect(explained.body).toMatchObject({ triggers: [{ trigger: 'replayed', outcome: 'run' }], notTaken: [] });
    expect(JSON.stringify(explained.body['notices'])).toMatch(
      `brought it once more, for one trigger alone; it came first as ${later?.replayOf}`,
    );
    const first = await service.get(`/v1/events/${later?.replayOf}/explain`);
    expect(JSON.stringify(first.body['notices'])).toContain(`through replayed as ${later?.eventId}`);
    const [answer] = JSON.parse(JSON.stringify(explained.body['triggers']));
    const run = await service.get(`/v1/runs/${answer.run.runId}`);
    expect(run.body).toMatchObject({ cause: 'events', replayed: { replayId: expect.stringMatching(/^rpl_/) } });
    expect((await command('explain', later?.eventId ?? '')).out).toContain('brought it once more');
  },
  PATIENT_MS,
);

test(
  'a replay outlives its service, stops and goes on, and brings each event once',
  async () => {
    await sent('slow', 12, 'slow', 12);
    const shown = await command('replay', '--trigger', 'slow', '--since', '1h', '--pace', '30/m');
    expect(shown.out).toMatch(/brings 12 events .*\n {2}starts 12 runs\n[^]*--pace 30\/m --yes/);
    const given = shown.out.match(/signalbox (replay .*)/)?.[1]?.split(' ') ?? [];
    const { out } = await command(...given, '--detach', '-o', 'json');
    const { replayId } = JSON.parse(out);
    await eventually('some of it', () => (calls('slow').length > 13 ? true : undefined));
    await service.end();
    await service.launch();
    await eventually('more of it', () => (calls('slow').length > 14 ? true : undefined), 60_000);
    expect((await service.order(`/v1/triggers/slow/replays/${replayId}/stop`)).status).toBe(200);
    expect(await ended('slow', replayId)).toMatchObject({ state: 'stopped' });
    const { out: resumed } = await command('replay', 'resume', replayId, '--trigger', 'slow');
    expect(resumed).toContain('running');
    expect(await ended('slow', replayId)).toMatchObject({ state: 'done', offered: 12 });
    await eventually('the runs', () => (calls('slow').length >= 24 ? true : undefined));
    expect(new Set(calls('slow').map(({ key }) => key))).toHaveProperty('size', 24);
  },
  PATIENT_MS,
);

test(
  'what cannot be replayed is refused with the reason, and what a stage would not let through is foreseen',
  async () => {
    await sent('stale', 2, 'stale', 2);
    const until = new Date().toISOString();
    const forecast = await eventually('both are too old', async () => {
      const { body } = await replay('stale', { since: '1h', until });
      return body['runs'] === 0 ? body : undefined;
    });
    expect(forecast).toMatchObject({ runs: 0, suppressed: { freshness: 2 } });
    const codeOf = async (name: string, body: Parameters<typeof replay>[1]) => (await replay(name, body)).body['code'];
    expect(await codeOf('nobody', { since: '1h' })).toBe('not_found');
    expect(await codeOf('quiet', { since: '1h' })).toBe('nothing_to_replay');
    const early = await replay('stale', { since: '9d', until: '8d' });
    expect(early.body).toMatchObject({ code: 'nothing_to_replay', detail: expect.stringContaining('no event') });
    expect((await replay('stale', { since: '9d' })).body['notices']).toMatchObject([
      expect.stringMatching(/^The store has events since /),
    ]);
    expect(await codeOf('stale', { since: '1h', pace: '900/s' })).toBe('malformed_request');
    expect(await codeOf('stale', { since: '2099-01-01T00:00:00Z' })).toBe('malformed_request');
    await service.order('/v1/triggers/stale/pause');
    expect(await codeOf('stale', { since: '1h', dryRun: false })).toBe('trigger_paused');
  },
  PATIENT_MS,
);
