import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { backtest } from '../../src/cli/backtest.ts';
import { diff } from '../../src/cli/diff.ts';
import type { Format } from '../../src/cli/output.ts';
import { eventFromJson } from '../../src/connectors/cloud-event.ts';
import type { ReadApi, TriggerDetail } from '../../src/http/read-api.ts';
import type { StoreReader } from '../../src/store/store.ts';
import { definitionsOf } from '../accept/given.ts';
import { NOTHING_READ, NOW, startService } from '../http/service.ts';

const SOON = new Date(NOW + 60_000).toISOString();
const MINUTE_MS = 60_000;
const AT = Date.parse('2026-08-01T00:00:00Z');

function definitions(name: string, quiet: string): string {
  return `apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: 'https://pipelines.example/runs' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec: { events: { pattern: { type: [t] } }, debounce: { quiet: ${quiet} }, run: { target: train } }
`;
}

const OPEN: TriggerDetail = {
  name: 'retrain',
  mode: 'live',
  generation: 'g',
  loadedAt: SOON,
  workflowId: 'trigger/retrain',
  definition: {},
  keys: [
    { key: 'a', window: { stage: 'debounce', mode: 'collecting', openedAt: SOON, firesAt: SOON, eventCount: 30 } },
    { key: 'b', heldEvents: 4 },
    { key: 'c', cooldownUntil: SOON },
  ],
  keyCount: 3,
  nextDeadline: SOON,
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-diff-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A service whose live definitions are these, and whose trigger `retrain` holds something. */
async function serviceWith(live: string): Promise<string> {
  const loaded = await definitionsOf(live);
  const read: ReadApi = {
    ...NOTHING_READ,
    trigger: async (name) => (name === 'retrain' ? { ok: true, value: OPEN } : NOTHING_READ.trigger(name)),
  };
  const eventsBetween: StoreReader['eventsBetween'] = async function* () {
    const events = [0, 1, 5].map((minute) => {
      const event = { specversion: '1.0', id: `e${minute}`, source: '/s', type: 't' };
      const receivedAt = AT + minute * MINUTE_MS;
      return {
        eventId: `evt_${minute}`,
        receivedAt,
        deliveries: 1,
        via: 'events',
        takenBy: [],
        failedIn: [],
        pruned: false,
        event,
      };
    });
    yield { ok: true, value: events };
  };
  return (await startService({ definitions: () => loaded, read, eventsBetween, now: () => AT + 10 * MINUTE_MS })).url;
}

async function captured(run: () => Promise<number>) {
  let [out, err] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true)),
  ];
  const restore = () => spies.forEach((spy) => spy.mockRestore());
  onTestFinished(restore);
  const code = await run();
  restore();
  return { code, out, err };
}

async function diffOf(live: string, here: string, format: Format = 'text') {
  const url = await serviceWith(live);
  writeFileSync(join(directory, 'a.yaml'), here);
  return captured(async () => diff(directory, format, { url, from: 'environment' }));
}

describe('signalbox diff', () => {
  test('ends with 0 where nothing differs', async () => {
    const { code, out } = await diffOf(definitions('retrain', '60s'), definitions('retrain', '1m'));
    expect({ code, out }).toEqual({ code: 0, out: 'No difference: the service has these definitions.\n' });
  });

  test('says what a change means and which open windows it touches', async () => {
    const { code, out } = await diffOf(definitions('retrain', '30s'), definitions('retrain', '5m'));
    expect(code).toBe(1);
    expect(out).toMatch(/^Trigger retrain: changed {2}[0-9a-f]{16} → [0-9a-f]{16}$/m);
    expect(out).toMatch(/debounce\.quiet {2}30s → 5m {2}a new window ends so long after its last event/);
    expect(out).toMatch(/open: 1 open window, 34 pending events \(4 held\), 3 keys \(a, b, …\)/);
    expect(out).toMatch(/0 added, 0 removed, 1 changed/);
  });

  test('is loud about a removed trigger with open windows, and knows a rename', async () => {
    const { out } = await diffOf(definitions('retrain', '30s'), definitions('retrain-fraud', '30s'));
    expect(out.split('\n')[0]).toMatch(
      /^WARNING: retrain is RENAMED to retrain-fraud and holds 1 open window, 34 pending/,
    );
    const removed = await diffOf(definitions('retrain', '30s'), definitions('other', '5m'));
    expect(removed.out.split('\n')[0]).toMatch(/^WARNING: retrain is REMOVED and holds/);
  });

  test('answers JSON with what is open', async () => {
    const { out } = await diffOf(definitions('retrain', '30s'), definitions('retrain', '5m'), 'json');
    expect(JSON.parse(out)).toMatchObject({
      same: false,
      differences: [
        { name: 'retrain', fields: [{ after: '5m' }], open: { windows: 1, events: 34, heldEvents: 4, keys: 3 } },
      ],
    });
  });

  test('cannot run without a service, or with definitions that are wrong', async () => {
    writeFileSync(join(directory, 'a.yaml'), definitions('retrain', '30s'));
    const nowhere = { url: 'http://127.0.0.1:9', from: 'environment' } as const;
    expect(await captured(async () => diff(directory, 'text', nowhere))).toMatchObject({ code: 2, out: '' });
    expect((await diffOf(definitions('retrain', '30s'), 'kind: Trigger')).code).toBe(2);
  });
});

describe('signalbox backtest over a running service', () => {
  test('takes the events it kept and compares with its definitions', async () => {
    const url = await serviceWith(definitions('retrain', '10s'));
    writeFileSync(join(directory, 'a.yaml'), definitions('retrain', '2m'));
    const given = { since: '2026-07-31T23:00:00Z', until: '2026-08-01T00:10:00Z', against: 'live' };
    const service = { url, from: 'environment' } as const;
    const ended = await captured(async () => backtest(directory, given, 'json', { readEvent: eventFromJson, service }));
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.out)).toMatchObject({
      span: { from: '2026-07-31T23:00:00.000Z', until: '2026-08-01T00:10:00.000Z' },
      input: { events: 3 },
      totals: { runs: 2, live: { runs: 3, gained: 1, lost: 2 } },
    });
  });

  test('cannot run where the store is off', async () => {
    const { url } = await startService();
    writeFileSync(join(directory, 'a.yaml'), definitions('retrain', '2m'));
    const service = { url, from: 'environment' } as const;
    const ended = await captured(async () =>
      backtest(directory, { since: '14d' }, 'text', { readEvent: eventFromJson, service }),
    );
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('store_off') });
  });
});
