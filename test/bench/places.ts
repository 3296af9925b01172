import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';

import { laneQuery } from '../../src/contract/places.ts';
import { load, quantile, removeState, startService, until } from './service.ts';

/**
 * Runs queued on a pool of four: how long they take in all, whether a place is lost, how many ran at once, and how long it
 * takes from the answer of one run's target until the next run has its place.
 * Run: npm run build, then node --import tsx test/bench/places.ts [runs] [milliseconds the target takes]
 */
const RUNS = Number(process.argv[2] ?? 1_000);
const TAKES_MS = Number(process.argv[3] ?? 100);
const PLACES = 4;
const HANDOVER_REACH_MS = 60;

const GRANTED = z.object({ kind: z.literal('granted') });

/** When the target of a run had answered, and when the run was given its place, epoch milliseconds. */
type Times = { readonly grantedAt: number; readonly answeredAt: number };

let [calls, running, most] = [0, 0, 0];
const target = http.createServer((request, response) => {
  request.resume().on('end', () => {
    calls += 1;
    running += 1;
    most = Math.max(most, running);
    void delay(TAKES_MS).then(() => {
      running -= 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
});
target.listen(0, '127.0.0.1');
await new Promise((resolve) => target.once('listening', resolve));

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

const service = await startService(portOf(target.address()));
const connection = await Connection.connect({ address: `127.0.0.1:${service.temporalPort}` });
const client = new Client({ connection });
try {
  const startedAt = performance.now();
  const { acked } = await load(service, { type: 'pooled', connections: 32, count: RUNS, seconds: 60 });
  const ended = `WorkflowType = "run" AND ExecutionStatus = "Completed"`;
  await until(async () => (await client.workflow.count(ended)).count >= acked, 600_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  const times: Times[] = [];
  for await (const { workflowId } of client.workflow.list({ query: ended })) times.push(await timesOf(workflowId));
  const handOvers = handOversOf(times);
  const pool = await client.workflow.getHandle('pool/four').query(laneQuery);
  const p50 = quantile(handOvers, 0.5);
  console.log(`${acked} runs of ${TAKES_MS} ms on a pool of ${PLACES}: ${seconds.toFixed(1)} s, ${calls} calls`);
  console.log(`at once at most ${most}; places taken at the end ${pool.holders.length}, waiting ${pool.waitingCount}`);
  console.log(`hand-over p50 ${p50} ms, p99 ${quantile(handOvers, 0.99)} ms, to reach ${HANDOVER_REACH_MS} ms`);
  const good = p50 <= HANDOVER_REACH_MS && most <= PLACES && calls === acked && pool.holders.length === 0;
  process.exitCode = good ? 0 : 1;
} finally {
  await connection.close();
  await service.stop();
  removeState(service.state);
  target.close();
}

/** The place that the k-th answer frees goes to the run that is given one as the (k + places)-th. */
function handOversOf(times: readonly Times[]): readonly number[] {
  const granted = times.map(({ grantedAt }) => grantedAt).toSorted((a, b) => a - b);
  const answered = times.map(({ answeredAt }) => answeredAt).toSorted((a, b) => a - b);
  return granted.slice(PLACES).map((at, index) => at - (answered[index] ?? Number.NaN));
}

async function timesOf(runId: string): Promise<Times> {
  const { events } = await client.workflow.getHandle(runId).fetchHistory();
  let [grantedAt, answeredAt] = [Number.NaN, Number.NaN];
  for (const event of events ?? []) {
    const { seconds = 0, nanos = 0 } = event.eventTime ?? {};
    const at = Number(seconds) * 1_000 + Number(nanos) / 1e6;
    const [payload] = event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [];
    const told = payload?.data && JSON.parse(Buffer.from(payload.data).toString());
    if (GRANTED.safeParse(told).success) grantedAt = at;
    if (event.activityTaskCompletedEventAttributes) answeredAt = at;
  }
  return { grantedAt, answeredAt };
}
