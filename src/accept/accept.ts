import { randomBytes } from 'node:crypto';

import { eventsDeadLetterId, instanceId } from '../contract/names.ts';
import type { DeadLetterInput } from '../contract/messages.ts';
import type { Delivery } from '../core/verdicts.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { JsonObject } from '../spec/json.ts';
import type { AcceptedEventRecord, FailedIn, StoreWriter, TakenBy } from '../store/store.ts';
import type { Committer } from './committer.ts';
import type { Committed } from './lane.ts';
import { incomingIdOf } from './event-id.ts';
import { nearestTriggers } from './no-match.ts';
import { eventJson } from './lineage.ts';
import { type Offered, offerOf } from './offer.ts';
import type {
  Accept,
  AcceptedEvent,
  AcceptOutcome,
  DeadLetteredEvent,
  EventVerdict,
  IncomingEvent,
  UnmatchedEvent,
  Verdict,
} from './outcome.ts';
import type { AskVerdicts, Waiting } from './verdicts.ts';

/**
 * Unmatched events of one request whose nearest trigger is looked for: that asks every trigger clause by clause, and a
 * batch of a thousand would keep all other senders waiting.
 */
const NEAREST_LOOKUPS_MAX = 20;

/** What an evaluation tells the metrics. */
export type AcceptObserver = {
  readonly evaluated: (trigger: string, result: 'match' | 'nomatch' | 'error') => void;
  readonly unmatched: (source: string) => void;
};

export type AcceptDependencies = {
  readonly definitions: () => Definitions;
  readonly committer: Committer;
  readonly askVerdicts: AskVerdicts;
  readonly observer: AcceptObserver;
  /** Takes what was acknowledged, after the answer; it never waits and never fails. */
  readonly record: StoreWriter['recordAccepted'];
};

type Failed = Extract<Offered, { kind: 'failed' }>;
type Offers = { readonly index: number; readonly trigger: LoadedTrigger; readonly delivery: Delivery };
type Failures = {
  readonly index: number;
  readonly trigger: LoadedTrigger;
  readonly failed: Failed;
  readonly json: JsonObject;
};

/** What a request comes to before anything is committed. */
type Plan = {
  readonly eventIds: readonly string[];
  readonly offers: readonly Offers[];
  readonly failures: readonly Failures[];
  /** The events as plain JSON. */
  readonly jsons: readonly JsonObject[];
};

/**
 * The accepting side: matches every event against every trigger, maps it, commits all offers and dead letters, and
 * answers when Temporal has acknowledged each of them. One that was not taken refuses the request as a whole; the sender
 * sends it again and dedup recognises what was taken.
 */
export function createAccept(dependencies: AcceptDependencies): Accept {
  const { definitions, committer, askVerdicts, record } = dependencies;
  return async (events, { waitMs, only, inLetter }) => {
    const known = only === undefined ? definitions() : withOne(definitions(), only);
    const plan = planOf(events, known, dependencies.observer, waitMs !== undefined);
    const durable = inLetter ? { ...plan, failures: [] } : plan;
    const committed = await commitAll(durable, committer, events);
    const refused = committed.find((one) => !one.ok)?.refusal;
    if (refused) return { kind: 'refused', refusal: refused };
    const outcome = answerOf(plan, events);
    setImmediate(() => record(recordsOf(durable, events)));
    const isKept = committed.some((one) => one.ok && one.kept);
    // What is kept for an instance without room is decided some time: nobody waits for that.
    if (waitMs === undefined || isKept) return outcome;
    const verdicts = await askVerdicts(plan.offers.map(waitingOf), waitMs);
    if (verdicts === undefined) return outcome;
    const unmatched = unmatchedOf(plan, events, known);
    return { ...outcome, verdicts: verdictsOf(plan, verdicts), unmatched };
  };
}

/** The definitions with one trigger, or none where it is gone. */
function withOne(definitions: Definitions, name: string): Definitions {
  const trigger = definitions.triggers.get(name);
  return { ...definitions, triggers: new Map(trigger ? [[name, trigger]] : []) };
}

function planOf(
  events: readonly IncomingEvent[],
  { triggers }: Definitions,
  observer: AcceptObserver,
  waits: boolean,
): Plan {
  const offers: Offers[] = [];
  const failures: Failures[] = [];
  const eventIds = events.map(incomingIdOf);
  const jsons = events.map((incoming) => eventJson(incoming));
  for (const [index, incoming] of events.entries()) {
    const json = jsons[index] ?? {};
    let matches = 0;
    for (const trigger of triggers.values()) {
      const offered = offerOf(trigger, incoming, eventIds[index] ?? '', json);
      observer.evaluated(trigger.name, RESULT[offered.kind]);
      if (offered.kind === 'noMatch') continue;
      matches += 1;
      if (offered.kind === 'failed') failures.push({ index, trigger, failed: offered, json });
      else offers.push({ index, trigger, delivery: { ...offered.offer, ...(waits && { wait: deliveryId() }) } });
    }
    if (matches === 0) observer.unmatched(incoming.source);
  }
  return { eventIds, offers, failures, jsons };
}

const RESULT = { offer: 'match', noMatch: 'nomatch', failed: 'error' } as const;

/** Tells deliveries of one event apart; 72 random bits. */
function deliveryId(): string {
  return randomBytes(9).toString('base64url');
}

async function commitAll(
  plan: Plan,
  committer: Committer,
  events: readonly IncomingEvent[],
): Promise<readonly Committed[]> {
  return Promise.all([
    ...plan.offers.map(({ trigger, delivery }) => committer.offer(trigger.definition, delivery)),
    ...plan.failures.map((failure) => {
      const { receivedAt: at = 0, source: via = 'events', lineage, replayed } = events[failure.index] ?? {};
      const { letter, workflowId } = letterOf(failure);
      const entry = {
        at,
        id: plan.eventIds[failure.index] ?? '',
        detail: failure.failed.detail,
        event: failure.json,
        via,
        ...(lineage && { lineage }),
        ...(replayed && { replayed }),
      };
      return committer.deadLetter(workflowId, letter, entry);
    }),
  ]);
}

/** What the store keeps of the events of a request: each with the triggers that took it or failed on it. */
function recordsOf(plan: Plan, events: readonly IncomingEvent[]): readonly AcceptedEventRecord[] {
  const takenBy: TakenBy[][] = events.map(() => []);
  const failedIn: FailedIn[][] = events.map(() => []);
  for (const { index, trigger, delivery } of plan.offers) {
    takenBy[index]?.push({ trigger: trigger.name, key: delivery.key, generation: trigger.generation });
  }
  for (const failure of plan.failures) {
    const { index, trigger, failed } = failure;
    const { code, pointer, detail } = failed;
    const deadLetterId = letterOf(failure).workflowId;
    failedIn[index]?.push({
      trigger: trigger.name,
      generation: trigger.generation,
      code,
      pointer,
      detail,
      deadLetterId,
    });
  }
  return events.map(({ receivedAt, source, traceparent }, index) => ({
    eventId: plan.eventIds[index] ?? '',
    receivedAt,
    via: source,
    event: plan.jsons[index] ?? {},
    ...(traceparent !== undefined && { traceparent }),
    takenBy: takenBy[index] ?? [],
    failedIn: failedIn[index] ?? [],
  }));
}

function letterOf({ trigger, failed }: Failures): { readonly letter: DeadLetterInput; readonly workflowId: string } {
  const of = { trigger: trigger.name, generation: trigger.generation, code: failed.code, place: failed.pointer };
  const { target } = trigger.definition.run;
  return { letter: { version: 1, of: 'events', ...of, target, entries: [] }, workflowId: eventsDeadLetterId(of) };
}

function answerOf(plan: Plan, events: readonly IncomingEvent[]): Extract<AcceptOutcome, { kind: 'accepted' }> {
  const taken: { trigger: string; key: string; workflowId: string }[][] = events.map(() => []);
  for (const { index, trigger, delivery } of plan.offers) {
    taken[index]?.push({ trigger: trigger.name, key: delivery.key, workflowId: instanceId(trigger.name) });
  }
  const accepted = events.map(({ event }, index): AcceptedEvent => {
    const { source, id }: CloudEvent = event;
    return { eventId: plan.eventIds[index] ?? '', source, id, triggers: taken[index] ?? [] };
  });
  const deadLettered = plan.failures.map((failure): DeadLetteredEvent => {
    const { code, pointer, detail } = failure.failed;
    return {
      index: failure.index,
      trigger: failure.trigger.name,
      code,
      pointer,
      detail,
      deadLetterId: letterOf(failure).workflowId,
    };
  });
  return { kind: 'accepted', accepted, deadLettered };
}

function waitingOf({ trigger, delivery }: Offers): Waiting {
  return { workflowId: instanceId(trigger.name), wait: delivery.wait ?? '' };
}

function verdictsOf({ offers }: Plan, verdicts: readonly Verdict[]): readonly EventVerdict[] {
  return offers.map(({ trigger, delivery }, index): EventVerdict => {
    const verdict = verdicts[index] ?? { kind: 'pending' };
    return { eventId: delivery.eventId, trigger: trigger.name, key: delivery.key, ...verdict };
  });
}

/** The events of a request that no trigger took or failed on, each with the trigger that came closest. */
function unmatchedOf(
  { eventIds, offers, failures, jsons }: Plan,
  events: readonly IncomingEvent[],
  { triggers }: Definitions,
): readonly UnmatchedEvent[] {
  const matched = new Set([...offers, ...failures].map(({ index }) => index));
  const unmatched = [...events.entries()].filter(([index]) => !matched.has(index));
  return unmatched.map(([index, { source }], nth) => {
    const eventId = eventIds[index] ?? '';
    if (nth >= NEAREST_LOOKUPS_MAX) return { eventId };
    const [nearest] = nearestTriggers(triggers.values(), { source, json: jsons[index] ?? {} });
    if (!nearest) return { eventId };
    const { trigger, pointer, sentence: reason } = nearest;
    return { eventId, nearest: { trigger, pointer, reason } };
  });
}
