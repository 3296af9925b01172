import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';

import { load, removeState, startService, until } from './service.ts';

/**
 * A target that refuses everything, and its dead letters replayed in bulk once it takes them: how near that comes to the
 * pace it was given. Run: npm run build, then node --import tsx test/bench/dead-letters.ts [dead letters] [a second]
 */
const LETTERS = Number(process.argv[2] ?? 1_000);
const PER_SECOND = Number(process.argv[3] ?? 10);
const REACH = 0.05;
const PATIENCE_MS = 1_800_000;

const BEGUN = z.object({ replayId: z.string(), count: z.number() });
const PROGRESS = z.object({ state: z.string(), counts: z.object({ replayed: z.number() }) });

let takes = false;
const calledAt: number[] = [];
const target = http.createServer((request, response) => {
  request.resume().on('end', () => {
    if (takes) calledAt.push(performance.now());
    response.writeHead(takes ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
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
const url = `http://127.0.0.1:${service.port}/v1/dead-letters`;
try {
  await load(service, { type: 'each', connections: 8, count: LETTERS, seconds: 60 });
  const open = 'WorkflowType = "deadLetter" AND ExecutionStatus = "Running"';
  await until(async () => (await client.workflow.count(open)).count >= LETTERS, PATIENCE_MS);
  takes = true;
  const order = JSON.stringify({ trigger: 'each', pace: `${PER_SECOND}/s` });
  const headers = { 'content-type': 'application/json' };
  const askedAt = performance.now();
  const begun = BEGUN.parse(await (await fetch(`${url}/replay`, { method: 'POST', headers, body: order })).json());
  console.log(`${begun.count} selected and begun after ${Math.round(performance.now() - askedAt)} ms`);
  const path = `${url}/replays/${encodeURIComponent(begun.replayId)}`;
  const progress = async () => PROGRESS.parse(await (await fetch(path)).json());
  await until(async () => (await progress()).state === 'done', PATIENCE_MS);
  await until(() => calledAt.length >= LETTERS, PATIENCE_MS);
  const { counts } = await progress();
  // The canary goes by itself; of a paced group all go at the beginning of its second.
  const first = calledAt[1] ?? Number.NaN;
  const seconds = ((calledAt.at(-1) ?? Number.NaN) - first) / 1_000;
  const planned = Math.floor((LETTERS - 2) / PER_SECOND);
  const ratio = planned / seconds;
  console.log(`${counts.replayed} replayed, ${calledAt.length} calls in ${seconds.toFixed(1)} s, planned ${planned} s`);
  console.log(`pace ${(ratio * PER_SECOND).toFixed(2)}/s of ${PER_SECOND}/s, to reach ± ${REACH * 100} %`);
  process.exitCode = Math.abs(ratio - 1) <= REACH && calledAt.length === LETTERS ? 0 : 1;
} finally {
  await connection.close();
  await service.stop();
  removeState(service.state);
  target.close();
}
