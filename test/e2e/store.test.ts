import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { NUMBERS_A_SECOND } from '../../src/contract/numbering.ts';
import { instanceId } from '../../src/contract/names.ts';
import { openEmbedded } from '../../src/store/embedded.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { isNotFound } from '../../src/temporal/not-found.ts';
import { event, eventually, Service } from './service.ts';

const DEFINITIONS = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: window }
spec:
  events: { pattern: { type: [window] } }
  key: "\${{ event.data.key }}"
  debounce: { quiet: 500ms }
  cooldown: { period: 2s, onExcess: hold }
  run: { target: record, params: { n: "\${{ event.data.n }}" } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: each }
spec:
  events: { pattern: { type: [window, each] } }
  run: { target: record }
`;

/** Everything the store of a stopped service has, a row as its columns. */
async function contentsOf(service: Service): Promise<Record<'entries' | 'runs' | 'events', readonly JsonObject[]>> {
  const rows = await inStore(service, [
    `select row_to_json(e)::text from signalbox.entries e order by instance, seq`,
    `select row_to_json(r)::text from signalbox.runs r order by run_id`,
    `select row_to_json(e)::text from signalbox.events e order by event_id`,
  ]);
  const [entries = [], runs = [], events = []] = rows.map((table) => table.map((row): JsonObject => JSON.parse(row)));
  return { entries, runs, events };
}

async function inStore(service: Service, sql: readonly string[]): Promise<readonly (readonly string[])[]> {
  const opened = await openEmbedded(storeOf(service));
  if (!opened.ok) throw new Error(opened.detail);
  const rows = await opened.database.run(sql.map((text) => ({ sql: text, params: [] })));
  await opened.database.close();
  return rows;
}

function storeOf(service: Service): string {
  return join(service.directory, 'state', 'store');
}

/** Waits until every window has fired and every run has ended, at least so many. */
async function ended(service: Service, runs: number): Promise<void> {
  const isOver = async () => {
    let total = 0;
    for (const name of ['window', 'each']) {
      const { body } = await service.get(`/v1/triggers/${name}`);
      const { counts, pressure }: Settled = JSON.parse(JSON.stringify(body));
      const over = Object.values(counts.ended).reduce((sum, count) => sum + count, 0);
      if (pressure.pendingItems > 0 || over < counts.runs) return undefined;
      total += over;
    }
    return total >= runs ? true : undefined;
  };
  await eventually(`the end of ${runs} runs`, isOver, 60_000);
}

/** The verdicts: every start of the service has its instances adopt what it loaded. */
const decided = ({ entries }: Awaited<ReturnType<typeof contentsOf>>) =>
  entries.filter(({ kind }) => kind !== 'definitionAdopted');

type Settled = {
  readonly counts: { readonly runs: number; readonly ended: { readonly [status: string]: number } };
  readonly pressure: { readonly pendingItems: number };
};

test('a store that was deleted is rebuilt with equal verdicts and runs, and a lost page is found', async () => {
  const service = await Service.start({ definitions: DEFINITIONS });
  onTestFinished(async () => service.stop());
  for (let n = 0; n < 12; n += 1) {
    const batch = [0, 1, 2].map((m) => event(`w${n}-${m}`, 'window', { data: { key: `k${m % 2}`, n } }));
    await service.send([...batch, event(`e${n}`, 'each'), event('again', 'each'), event(`u${n}`, 'unwanted')]);
    await service.get('/v1/triggers/window');
  }
  await ended(service, 50);
  expect(await service.end()).toBe(0);
  const before = await contentsOf(service);
  expect(before.runs.length).toBeGreaterThan(50);
  expect(before.entries.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['collected', 'suppressed', 'runEnded']),
  );

  rmSync(storeOf(service), { recursive: true });
  await service.launch();
  await eventually(
    'the store',
    async () => (/^signalbox_store_up 1$/m.test(await service.metrics()) ? true : undefined),
    60_000,
  );
  expect(await service.order('/v1/store/rebuild')).toMatchObject({ status: 202 });
  const done = await eventually(
    'the rebuild',
    async () => {
      const { body } = await service.get('/v1/store/rebuild');
      return body['state'] === 'running' ? undefined : body;
    },
    60_000,
  );
  expect(done).toMatchObject({ state: 'done', scope: 'all', lostFacts: 0, problems: [] });
  await service.end();
  const after = await contentsOf(service);
  expect(after.runs).toEqual(before.runs);
  expect(decided(after)).toEqual(decided(before));
  const matched = before.events.filter(({ triggers }) => JSON.stringify(triggers) !== '[]');
  expect(after.events.map(({ event_id: id }) => id)).toEqual(matched.map(({ event_id: id }) => id));
  expect(after.events.find(({ taken }) => JSON.stringify(taken).includes('window'))).toMatchObject({
    pruned: true,
    via: 'history',
  });

  await inStore(service, [
    `delete from signalbox.entries where seq % ${NUMBERS_A_SECOND} between 10 and 30`,
    `delete from signalbox.runs where decided_seq % ${NUMBERS_A_SECOND} between 10 and 30`,
    `update signalbox.instances set covered = covered - int8multirange(int8range(lower(covered) + 9, lower(covered) + 29, '[]'))`,
  ]);
  await service.launch();
  await eventually(
    'the lost facts',
    async () => {
      const { body } = await service.get('/v1/store/rebuild');
      return body['scope'] === 'gaps' && body['state'] === 'done' ? true : undefined;
    },
    60_000,
  );
  await service.end();
  const filled = await contentsOf(service);
  expect(filled.runs).toEqual(before.runs);
  expect(decided(filled)).toEqual(decided(before));
}, 300_000);

test('what an instance decided is still explained when Temporal has forgotten it', async () => {
  const service = await Service.start({ definitions: DEFINITIONS });
  onTestFinished(async () => service.stop());
  const startedAt = Date.now();
  const send = async (id: string) => {
    const { body } = await service.send(event(id, 'each'));
    const { accepted }: { accepted: { eventId: string }[] } = JSON.parse(JSON.stringify(body));
    return accepted[0]?.eventId ?? '';
  };
  const partOfRun = (eventId: string) =>
    eventually(
      'its run in the store',
      async () => {
        const { body } = await service.get(`/v1/events/${eventId}/explain`);
        const { triggers = [] }: Explained = JSON.parse(JSON.stringify(body));
        const [each] = triggers;
        return each?.run?.status === 'succeeded' ? each.run : undefined;
      },
      60_000,
    );
  const before = await send('before');
  const told = await partOfRun(before);
  const instance = service.client.workflow.getHandle(instanceId('each'));
  const { namespace } = service.client.options;
  const isLeft = async () => {
    const { runId, status } = await instance.describe();
    if (status.name === 'RUNNING') await instance.terminate();
    const workflowExecution = { workflowId: instanceId('each'), runId };
    await service.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    return true;
  };
  // The worker starts an ended instance again once a minute: that one is made to be forgotten too.
  const isGone = async () => !(await isLeft().catch((error: unknown) => !isNotFound(error)));
  const look = async () => ((await isGone()) && Date.now() >= startedAt + 1_000 ? true : undefined);
  // Temporal deletes in its own time.
  await eventually('nothing is left of it', look, 90_000);

  const after = await partOfRun(await send('after'));
  expect(await partOfRun(before)).toEqual(told);
  expect(after.runId).not.toBe(told.runId);
}, 300_000);

type Explained = {
  readonly triggers?: readonly { readonly run?: { readonly runId: string; readonly status: string } }[];
};
