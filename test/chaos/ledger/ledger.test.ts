import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';

import { report } from '../../setup/provided.ts';
import { floodWhile, settled, summary } from './books.ts';
import { countOf } from './collect.ts';
import { type Fault, nemesis } from './nemesis.ts';
import { violations } from './oracle.ts';
import { random } from './random.ts';
import { System, VICTIMS } from './system.ts';

/** The seeds of every run of the tests; SIGNALBOX_CHAOS_SEED names one, SIGNALBOX_CHAOS_RUNS counts on from it. */
const SEEDS = [1, 2, 3];
/** Fewer mean that hardly anything came through. */
const ACKED_MIN = 500;
/** How long the flood may take until an instance continues as new. */
const WARM_UP_MAX_MS = 30_000;
const RUN_TIMEOUT_MS = 300_000;

test.each(seeds())('every acknowledged event is decided once, seed %i', { timeout: RUN_TIMEOUT_MS }, async (seed) => {
  report(`chaos: SIGNALBOX_CHAOS_SEED=${seed} repeats this run`);
  const system = new System(inject('temporal').bin);
  onTestFinished(({ task }) => system.stop(task.result?.state === 'fail'));
  await system.start(random(seed, 0));

  const faults: Fault[] = [];
  const books = await floodWhile(system, random(seed, 1), async () => {
    await continuedAsNew(system.client);
    for await (const fault of nemesis(system, random(seed, 2))) faults.push(fault);
  });
  const { sent, histories, evidence } = books;
  const done = faults.map(({ kind, victim }) => `${kind} ${victim}`).join(', ');
  report(`chaos: seed ${seed}: ${done}\n  ${summary(books)}`);

  expect(settled(books)).toEqual([]);
  expect(violations(evidence)).toEqual([]);
  expect(sent.acked.length).toBeGreaterThan(ACKED_MIN);
  expect(Math.max(...[...histories.values()].map((history) => history.continuedAsNew))).toBeGreaterThan(0);
  expect(new Set(faults.filter(({ kind }) => kind === 'kill').map(({ victim }) => victim))).toEqual(new Set(VICTIMS));
  expect(faults.some(({ kind }) => kind === 'pause')).toBe(true);
  for (const { suppresses, counts } of evidence.instances) {
    expect(counts.runs).toBeGreaterThan(1);
    if (suppresses !== undefined) expect(counts.suppressed[suppresses]).toBeGreaterThan(0);
  }
});

function seeds(): readonly number[] {
  const { SIGNALBOX_CHAOS_SEED: seed, SIGNALBOX_CHAOS_RUNS: runs } = process.env;
  if (seed === undefined && runs === undefined) return SEEDS;
  return Array.from({ length: Number(runs ?? 1) }, (_one, index) => Number(seed ?? 1) + index);
}

/** Waits until an instance has continued as new: what faults hit from then on was carried over. */
async function continuedAsNew(client: Client): Promise<void> {
  const until = Date.now() + WARM_UP_MAX_MS;
  while ((await countOf(client, 'ExecutionStatus = "ContinuedAsNew"')) === 0 && Date.now() < until) await delay(200);
}
