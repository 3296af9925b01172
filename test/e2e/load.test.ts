import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { countOf, historyOf, runsOf } from '../chaos/ledger/collect.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { report } from '../setup/provided.ts';
import { event, eventually, Service } from './service.ts';

/** Two continue-as-new come within 15 s on two idle cores. */
const FLOOD_MAX_MS = 60_000;
/**
 * Attempts to continue as new that lose against a signal: none on idle cores, one or two where the sender's pause is over
 * before a busy worker is done. More than without any pause means that it goes in circles.
 */
const UNHANDLED_MAX = 4;

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
${gathering('burst', '3s')}
---
${gathering('hot', '1s')}
`;

function gathering(name: string, quiet: string): string {
  return `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  debounce: { quiet: ${quiet} }
  run: { target: record, params: { count: "\${{ run.eventCount }}" } }`;
}

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions });
});
afterAll(async () => service.stop());

/** The state of a trigger once none of its events waits any more. */
const drained = (name: string, withinMs = 30_000) =>
  eventually(
    `${name} without pending events`,
    async () => {
      const { body } = await service.get(`/v1/triggers/${name}`);
      return JSON.stringify(body['pressure'])?.includes('"pendingItems":0,') ? body : undefined;
    },
    withinMs,
  );

/** Sends until it is taken; how often it was refused, and the last refusal. */
async function taken(events: JsonObject | readonly JsonObject[]): Promise<readonly JsonObject[]> {
  const refusals: JsonObject[] = [];
  return eventually(
    'an acknowledgement',
    async () => {
      const { status, body } = await service.send(events);
      if (status === 202) return refusals;
      expect(status).toBe(503);
      refusals.push(body);
      await delay(200);
      return undefined;
    },
    60_000,
  );
}

test('a burst of 10,000 events into one window is one run with all of them, far from every limit', async () => {
  const sentAt = Date.now();
  const batches = Array.from({ length: 20 }, (_batch, batch) =>
    Array.from({ length: 500 }, (_one, one) => event(`b${batch * 500 + one}`, 'burst', { data: {} })),
  );
  const refusals = (await Promise.all(batches.map(taken))).flat();
  const ackedMs = Date.now() - sentAt;
  const state = await drained('burst');
  expect(state).toMatchObject({ counts: { accepted: 10_000, runs: 1, eventsInRuns: 10_000 } });
  const [run] = (await runsOf(service.client)).filter(({ trigger }) => trigger === 'burst');
  expect(new Set(run?.eventIds).size).toBe(10_000);
  const { body } = await service.get(`/v1/runs/${run?.runId}/events`);
  expect(body).toMatchObject({ count: 10_000 });
  const { most } = await historyOf(service.client, 'burst');
  report(`burst: 10,000 acknowledged in ${ackedMs} ms, ${refusals.length} refusals, most ${JSON.stringify(most)}`);
  expect(most.events).toBeLessThan(51_200 / 2);
  expect(most.bytes).toBeLessThan((50 * 1_024 * 1_024) / 2);
  expect(most.signals).toBeLessThan(10_000 / 2);
});

test('a flood on one key continues as new again and again, and hardly an event is refused', async () => {
  const until = Date.now() + FLOOD_MAX_MS;
  let isOver = false;
  const acks: number[] = [Date.now()];
  let sent = 0;
  let refused = 0;
  const connection = async () => {
    while (!isOver && Date.now() < until) {
      sent += 1;
      refused += (await taken(event(`h${sent}`, 'hot', { data: {} }))).length;
      acks.push(Date.now());
    }
  };
  const flood = Promise.all(Array.from({ length: 16 }, connection));
  const continued = 'WorkflowId = "trigger/hot" AND ExecutionStatus = "ContinuedAsNew"';
  while (Date.now() < until && (await countOf(service.client, continued)) < 2) await delay(500);
  isOver = true;
  await flood;
  const gaps = acks.slice(1).map((at, index) => at - (acks[index] ?? at));
  const state = await drained('hot');
  expect(state).toMatchObject({ counts: { accepted: sent, eventsInRuns: sent } });
  const { continuedAsNew, signals, unhandledCommands, taskFailures, taskTimeouts, most } = await historyOf(
    service.client,
    'hot',
  );
  report(
    `hot key: ${sent} events in ${signals} signals, ${continuedAsNew} continued as new, ${unhandledCommands} unhandled ` +
      `commands of ${taskFailures} task failures, timeouts ${taskTimeouts}, ${refused} refusals, longest gap ` +
      `${Math.max(...gaps)} ms, most ${JSON.stringify(most)}`,
  );
  expect(continuedAsNew).toBeGreaterThanOrEqual(2);
  expect(unhandledCommands).toBeLessThanOrEqual(UNHANDLED_MAX * continuedAsNew);
  expect(refused).toBeLessThan(sent / 100);
});
