import { type Client, WithStartWorkflowOperation } from '@temporalio/client';

import { WORKFLOW } from '../contract/names.ts';
import { decideProbeUpdate, probeId, type ProbedDoor, type ProbeSees } from '../contract/probes.ts';
import type { ProbedWay, ProbeMatch } from '../core/probe.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { JsonObject } from '../spec/json.ts';
import { eventIdOf } from './event-id.ts';
import { instanceStart } from './instance-start.ts';
import { COMMIT_DEADLINE_MS } from './lane.ts';
import { eventJson } from './lineage.ts';
import { whyNot } from './no-match.ts';
import { type Offered, offerOf } from './offer.ts';
import type { IncomingEvent } from './outcome.ts';

/** Takes a probe through match and commit, up to the decision of the instance. `at`: when it began, epoch milliseconds. */
export type ProbeDoor = (trigger: string, at: number) => Promise<ProbedDoor>;

export type ProbeDoorDependencies = {
  readonly client: Client;
  readonly definitions: () => Definitions;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/**
 * The door for probes: the same matching and mapping as of any event, then an update of the instance, which is started by
 * it where it does not run. Nothing of it joins a window, counts, or is recorded as an event. Never rejects.
 */
export function createProbeDoor({ client, definitions, now }: ProbeDoorDependencies): ProbeDoor {
  return async (name, at) => {
    const workerMs = Math.max(0, now() - at);
    const trigger = definitions().triggers.get(name);
    if (!trigger) return { kind: 'gone' };
    const event = probeEvent(trigger, at);
    const began = performance.now();
    const { offered, incoming } = offeredBy(trigger, event, at);
    const matchedMs = tenths(performance.now() - began);
    const match = matchOf(trigger, offered, incoming);
    const sees = seenOf(trigger, offered, incoming, at);
    const committed = performance.now();
    const decision = await decide(client, trigger, sees.key, now() + COMMIT_DEADLINE_MS);
    const decidedMs = tenths(performance.now() - committed);
    const sample = trigger.sample !== undefined;
    const way: ProbedWay = { workerMs, matchedMs, sample, match, decidedMs, decision };
    return { kind: 'probed', way, calls: trigger.calls, sees };
  };
}

/** The trigger's sample, or one that is made up. */
function probeEvent({ name, sample }: LoadedTrigger, at: number): CloudEvent {
  const time = new Date(at).toISOString();
  if (sample) return { ...sample, time: sample.time ?? time };
  return { specversion: '1.0', id: time, source: 'signalbox/probes', type: 'signalbox.probe', subject: name, time };
}

/** What the trigger makes of an event that comes in through one of the Sources it names, the first that fits. */
function offeredBy(
  trigger: LoadedTrigger,
  event: CloudEvent,
  receivedAt: number,
): { readonly offered: Offered; readonly incoming: IncomingEvent } {
  const sources = new Set(trigger.selectors.map(({ source = 'events' }) => source));
  let first: { readonly offered: Offered; readonly incoming: IncomingEvent } | undefined;
  for (const source of sources) {
    const incoming = { event, source, receivedAt };
    const offered = offerOf(trigger, incoming, eventIdOf(event), eventJson(incoming));
    if (offered.kind !== 'noMatch') return { offered, incoming };
    first ??= { offered, incoming };
  }
  return first ?? { offered: { kind: 'noMatch' }, incoming: { event, source: 'events', receivedAt } };
}

function matchOf(trigger: LoadedTrigger, offered: Offered, incoming: IncomingEvent): ProbeMatch {
  switch (offered.kind) {
    case 'offer':
      return { kind: 'taken', key: offered.offer.key };
    case 'failed': {
      const { code, pointer, detail } = offered;
      return { kind: 'failed', code, pointer, detail };
    }
    case 'noMatch': {
      const { source } = incoming;
      return { kind: 'notTaken', detail: whyNot(trigger, { source, json: eventJson(incoming) })?.sentence ?? '' };
    }
  }
}

/** The key of what has none: an event that was not taken. */
const NO_KEY = 'default';

/** What templates of targets see: as much of the event as a run would have. */
function seenOf(trigger: LoadedTrigger, offered: Offered, incoming: IncomingEvent, at: number): ProbeSees {
  const isReal = trigger.sample !== undefined && offered.kind === 'offer';
  const about = { runId: probeId(trigger.name), generation: trigger.generation, firedAt: at, isReal };
  if (offered.kind !== 'offer') {
    return { ...about, key: NO_KEY, last: { event: eventJson(incoming) }, items: [] };
  }
  const { key, event, part, item } = offered.offer;
  const parts: [string, JsonObject][] = part === undefined ? [] : [[part, event ?? {}]];
  const last = { ...(event && { event }), ...(parts.length > 0 && { parts }) };
  return { ...about, key, last, items: [item ?? event ?? null] };
}

async function decide(
  client: Client,
  { definition }: LoadedTrigger,
  key: string,
  deadline: number,
): Promise<ProbedWay['decision']> {
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.trigger, {
    ...instanceStart(definition),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  try {
    const decision = await client.withDeadline(deadline, () =>
      client.workflow.executeUpdateWithStart(decideProbeUpdate, {
        args: [{ version: 1, key }],
        startWorkflowOperation,
      }),
    );
    return { ok: true, ...decision };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ok: false, detail: cause instanceof Error ? cause.message : String(cause) };
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
