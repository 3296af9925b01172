import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from '@temporalio/client';
import { z } from 'zod';

import { eventIdOf } from '../../../src/accept/event-id.ts';
import type { RecordingTarget } from '../../e2e/recording-target.ts';
import { brokenOf, countOf, deadLettersOf, historyOf, type InstanceHistory, runsOf, viewOf } from './collect.ts';
import { TRIGGERS } from './definitions.ts';
import type { CallEvidence, Evidence, InstanceEvidence } from './evidence.ts';
import type { Random } from './random.ts';
import { flood, type Sent } from './sender.ts';
import type { System } from './system.ts';

const CONNECTIONS = 6;
/** Under half of what an instance remembers, so that dedup reaches back to the first. */
const EVENTS_MAX = 8_000;
/** From the last event on: the longest window, cooldown, a dead worker's heartbeat, retries, on a busy machine. */
const QUIET_MAX_MS = 90_000;

/** What is known after a flood, when nothing moves any more. */
export type Books = {
  readonly sent: Sent;
  /** What had not come to an end after the longest wait. */
  readonly pending: readonly string[];
  readonly evidence: Evidence;
  readonly histories: ReadonlyMap<string, InstanceHistory>;
  /** Seconds of flood, of last acknowledgements, and until nothing was pending. */
  readonly seconds: readonly number[];
};

/** Floods the system while something happens to it, lets it come to rest without another event, and reads its books. */
export async function floodWhile(system: System, draw: Random, happens: () => Promise<void>): Promise<Books> {
  let isOver = false;
  const ledger = join(system.directory, 'acks.jsonl');
  const options = { url: () => system.url, connections: CONNECTIONS, eventsMax: EVENTS_MAX, ledger };
  const moments = [Date.now()];
  const sending = flood(options, draw, () => isOver);
  try {
    await happens();
  } finally {
    isOver = true;
    moments.push(Date.now());
    await sending;
  }
  moments.push(Date.now());
  const pending = await settle(system.client);
  moments.push(Date.now());
  const seconds = moments.slice(1).map((moment, index) => Math.round((moment - (moments[index] ?? 0)) / 1_000));
  const sent = await sending;
  return { sent, pending, ...(await gather(system, sent)), seconds };
}

/** What should not be after a flood, besides broken promises. */
export function settled({ pending, sent }: Books): readonly string[] {
  return [...pending, ...sent.misnamed, ...[...sent.again.keys()].filter((why) => why.startsWith('unexpected'))];
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
    const { keys, starting, pressure, counts, spill } = view;
    const { pendingItems } = pressure;
    const open = keys.filter((key) => key.window ?? key.waiting).map(({ key }) => key);
    const ended = Object.values(counts.ended).reduce((sum, count) => sum + count, 0);
    if (pendingItems > 0 || spill.pending > 0 || starting.length > 0 || open.length > 0 || ended < counts.runs) {
      pending.push(`${name}: ${JSON.stringify({ pendingItems, spill, starting, open, ended, runs: counts.runs })}`);
    }
  }
  const running = await countOf(client, 'WorkflowType IN ("run", "spill") AND ExecutionStatus = "Running"');
  return running === 0 ? pending : [...pending, `${running} runs or segments are running`];
}

async function gather({ client, target }: System, sent: Sent): Promise<Pick<Books, 'evidence' | 'histories'>> {
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
  const { acked, ackedDead } = sent;
  const runs = await runsOf(client);
  const deadLetters = await deadLettersOf(client);
  const broken = await brokenOf(client);
  return { evidence: { acked, ackedDead, instances, runs, calls: callsOf(target), deadLetters, broken }, histories };
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

/** For people: what was sent, what became of it, and what it cost. */
export function summary({ sent, evidence, histories, seconds }: Books): string {
  const { runs, calls, instances } = evidence;
  const again = [...sent.again].map(([why, count]) => `${count} ${why}`).join(', ');
  const told = [...histories].map(([name, history]) => {
    const { deliveries, signals, continuedAsNew, unhandledCommands, taskFailures, taskTimeouts } = history;
    const counts = instances.find(({ trigger }) => trigger === name)?.counts;
    return (
      `${name}: ${deliveries.length} deliveries in ${signals} signals, ${counts?.runs} runs, ` +
      `${continuedAsNew} continued as new, ${unhandledCommands} unhandled commands of ${taskFailures} task failures, ` +
      `timeouts ${taskTimeouts}`
    );
  });
  return [
    `${sent.acked.length} acknowledged in ${seconds.join(' + ')} s, longest gap ${sent.longestGapMs} ms; again: ${again}`,
    `${runs.length} runs, ${calls.length} calls`,
    ...told,
  ].join('\n  ');
}
