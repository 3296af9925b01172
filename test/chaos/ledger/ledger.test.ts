import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { report } from '../../setup/provided.ts';
import { brokenOf, countOf, deadLettersOf, historyOf, type InstanceHistory, runsOf, viewOf } from './collect.ts';
import { TRIGGERS } from './definitions.ts';
import type { CallEvidence, Evidence, InstanceEvidence } from './evidence.ts';
import { eventIdOf } from '../../../src/accept/event-id.ts';
import { type Fault, nemesis } from './nemesis.ts';
import { violations } from './oracle.ts';
import { random } from './random.ts';
import { flood, type Sent } from './sender.ts';
import { System, VICTIMS } from './system.ts';
import type { RecordingTarget } from '../../e2e/recording-target.ts';

/** The seeds of every run of the tests; SIGNALBOX_CHAOS_SEED names one, SIGNALBOX_CHAOS_RUNS counts on from it. */
const SEEDS = [1, 2, 3];
const CONNECTIONS = 6;
/** Half of what an instance remembers, so that dedup reaches back to the first. */
const EVENTS_MAX = 8_000;
/** Fewer mean that hardly anything came through. */
const ACKED_MIN = 500;
/** How long the flood may take until an instance continues as new. */
const WARM_UP_MAX_MS = 30_000;
/** From the last event on: the longest window, cooldown, a dead worker's heartbeat, retries, on a busy machine. */
const QUIET_MAX_MS = 90_000;
const RUN_TIMEOUT_MS = 300_000;

test.each(seeds())('every acknowledged event is decided once, seed %i', { timeout: RUN_TIMEOUT_MS }, async (seed) => {
  report(`chaos: SIGNALBOX_CHAOS_SEED=${seed} repeats this run`);
  const system = new System(inject('temporal').bin);
  const abort = new AbortController();
  onTestFinished(async () => {
    abort.abort();
    await system.stop();
  });
  const phases = [Date.now()];
  await system.start(random(seed, 0));
  phases.push(Date.now());

  let isOver = false;
  const ledger = `${system.directory}/acks.jsonl`;
  const options = { url: () => system.url, connections: CONNECTIONS, eventsMax: EVENTS_MAX, ledger };
  const sending = flood(options, random(seed, 1), () => isOver);
  await continuedAsNew(system.client);
  phases.push(Date.now());
  const faults = await nemesis(system, random(seed, 2), abort.signal);
  isOver = true;
  phases.push(Date.now());
  const sent = await sending;
  phases.push(Date.now());

  const pending = await settle(system.client);
  phases.push(Date.now());
  const { evidence, histories } = await gather(system, sent);
  report(`chaos: seed ${seed}: ${secondsBetween(phases)} ${summary(faults, sent, evidence, histories)}`);
  expect(pending).toEqual([]);
  expect(violations(evidence)).toEqual([]);
  expect(sent.misnamed).toEqual([]);
  expect([...sent.again.keys()].filter((why) => why.startsWith('unexpected'))).toEqual([]);
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

/** Waits, without sending anything, until nothing is pending; what still is after the longest wait is the answer. */
async function settle(client: Client): Promise<readonly string[]> {
  const until = Date.now() + QUIET_MAX_MS;
  for (;;) {
    const pending = await pendingIn(client).catch((error: unknown) => [String(error)]);
    if (pending.length === 0 || Date.now() > until) return pending;
    await delay(500);
  }
}

async function pendingIn(client: Client): Promise<readonly string[]> {
  const pending: string[] = [];
  for (const { name } of TRIGGERS) {
    const view = await viewOf(client, name);
    if (!view) continue;
    const { keys, starting, pressure, counts } = view;
    const open = keys.filter((key) => key.window ?? key.hold).map(({ key }) => key);
    const ended = Object.values(counts.ended).reduce((sum, count) => sum + count, 0);
    if (pressure.pendingItems > 0 || starting.length > 0 || open.length > 0 || ended < counts.runs) {
      const { pendingItems } = pressure;
      pending.push(`${name}: ${JSON.stringify({ pendingItems, starting, open, ended, runs: counts.runs })}`);
    }
  }
  const running = await countOf(client, 'WorkflowType = "run" AND ExecutionStatus = "Running"');
  return running === 0 ? pending : [...pending, `${running} runs are running`];
}

async function gather(system: System, sent: Sent) {
  const { client } = system;
  const histories = new Map<string, InstanceHistory>();
  const instances: InstanceEvidence[] = [];
  for (const { name, suppresses, cooldownMs } of TRIGGERS) {
    const view = await viewOf(client, name);
    if (!view) continue;
    const history = await historyOf(client, name);
    histories.set(name, history);
    const { counts, pressure } = view;
    const told = { ...(suppresses && { suppresses }), ...(cooldownMs !== undefined && { cooldownMs }) };
    instances.push({ trigger: name, deliveries: history.deliveries, counts, pending: pressure.pendingItems, ...told });
  }
  const evidence: Evidence = {
    acked: sent.acked,
    ackedDead: sent.ackedDead,
    instances,
    runs: await runsOf(client),
    calls: callsOf(system.target),
    deadLetters: await deadLettersOf(client),
    broken: await brokenOf(client),
  };
  return { evidence, histories };
}

const body = z.object({
  params: z.object({ ids: z.union([z.array(z.string()), z.object({ manifest: z.string() })]) }),
});

function callsOf({ calls }: RecordingTarget): readonly CallEvidence[] {
  return calls.map(({ key, text }) => {
    const { ids } = body.parse(JSON.parse(text)).params;
    const call = { runId: key, text };
    return Array.isArray(ids) ? { ...call, eventIds: ids.map((id) => eventIdOf({ source: 'urn:flood', id })) } : call;
  });
}

/** Seconds to start, to continue as new, of faults, of last acknowledgements, and until nothing was pending. */
function secondsBetween(moments: readonly number[]): string {
  const spans = moments.slice(1).map((moment, index) => Math.round((moment - (moments[index] ?? 0)) / 1_000));
  return `${spans.join(' + ')} s;`;
}

function summary(
  faults: readonly Fault[],
  sent: Sent,
  { runs, calls, instances }: Evidence,
  histories: ReadonlyMap<string, InstanceHistory>,
): string {
  const again = [...sent.again].map(([why, count]) => `${count} ${why}`).join(', ');
  const told = [...histories].map(([name, history]) => {
    const { deliveries, signals, continuedAsNew, unhandledCommands, taskFailures, taskTimeouts } = history;
    const counts = instances.find(({ trigger }) => trigger === name)?.counts;
    return (
      `${name}: ${deliveries.length} deliveries in ${signals} signals, ${counts?.runs} runs, ` +
      `${continuedAsNew} continued as new, ${unhandledCommands} unhandled commands of ${taskFailures} task failures, timeouts ${taskTimeouts}`
    );
  });
  return [
    faults.map(({ kind, victim }) => `${kind} ${victim}`).join(', '),
    `${sent.acked.length} acknowledged, longest gap ${sent.longestGapMs} ms; again: ${again}`,
    `${runs.length} runs, ${calls.length} calls`,
    ...told,
  ].join('\n  ');
}
