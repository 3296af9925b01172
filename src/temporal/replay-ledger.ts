import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { type InjectedSinks, Worker } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { batchSignal } from '../contract/definitions.ts';
import { readBatch } from '../contract/read-messages.ts';
import type { LedgerPage } from '../core/ledger.ts';
import type { Delivery } from '../core/verdicts.ts';
import type { InstanceRun } from './instance-runs.ts';
import { isNotFound } from './not-found.ts';

/** What brings an instance the events that were kept for it in segments. */
const READING: keyof Activities = 'readSegment';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** An event as an instance was offered it, and the generation of the definition it was offered under. */
export type OfferedEvent = { readonly offer: Delivery; readonly generation: string };

/** What the history of one execution tells again. */
export type ReplayedRun = {
  readonly run: InstanceRun;
  readonly pages: readonly LedgerPage[];
  readonly events: readonly OfferedEvent[];
  /** Why it could not be replayed to its end; the pages before that are told all the same. */
  readonly failure?: string;
};

/**
 * Decides the histories of these executions again, in their order, and gives what their ledger said. A history that
 * Temporal does not keep any more is left out; where Temporal does not answer it throws.
 */
export async function* replayLedger(
  client: Client,
  workflowBundle: { readonly code: string } | { readonly codePath: string },
  runs: readonly InstanceRun[],
): AsyncGenerator<ReplayedRun> {
  const pages = new Map<string, LedgerPage[]>();
  const events = new Map<string, readonly OfferedEvent[]>();
  const sinks: InjectedSinks<Sinks> = {
    ledger: {
      record: {
        fn: ({ runId }, page: LedgerPage) => {
          pages.get(runId)?.push(page);
        },
        callDuringReplay: true,
      },
    },
  };
  async function* histories() {
    for (const { workflowId, runId } of runs) {
      const history = await fetchHistory(client, workflowId, runId);
      if (!history) continue;
      pages.set(runId, []);
      events.set(runId, offeredEvents(history));
      const decided = decidedPart(history);
      if (decided) yield { workflowId, history: decided };
    }
  }
  for await (const { runId, error } of Worker.runReplayHistories({ workflowBundle, sinks }, histories())) {
    const run = runs.find((one) => one.runId === runId);
    if (!run) continue;
    const told = { run, pages: pages.get(runId) ?? [], events: events.get(runId) ?? [] };
    pages.delete(runId);
    events.delete(runId);
    yield { ...told, ...(error && { failure: error.message }) };
  }
}

async function fetchHistory(client: Client, workflowId: string, runId: string): Promise<History | undefined> {
  try {
    return await client.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The history without a workflow task that is under way: what it decides is not decided yet. */
function decidedPart(history: History): History | undefined {
  const events = history.events ?? [];
  const last = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  if (last < 0) return undefined;
  const next = events.findIndex((event, index) => index > last && event.workflowTaskScheduledEventAttributes);
  return { ...history, events: next < 0 ? events : events.slice(0, next) };
}

/** The events that an instance was sent, or read in segments, in their order; one that is read again comes again. */
export function offeredEvents({ events }: History): readonly OfferedEvent[] {
  const offered: OfferedEvent[] = [];
  const readings = new Set<string>();
  let generation = '';
  for (const event of events ?? []) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) generation = generationOf(decoded(started.input)) ?? generation;
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (activity === READING) readings.add(String(event.eventId));
    for (const sent of batchesOf(event, readings)) {
      const batch = readBatch(sent);
      generation = batch.definition?.generation ?? generation;
      for (const offer of batch.offers) offered.push({ offer, generation });
    }
  }
  return offered;
}

/** The batches that a history event brings: the one of a signal, or those of a page that was read in a segment. */
function batchesOf(event: HistoryEvent, readings: ReadonlySet<string>): readonly unknown[] {
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal?.signalName === batchSignal.name) return [decoded(signal.input)];
  const read = event.activityTaskCompletedEventAttributes;
  if (!read || !readings.has(String(read.scheduledEventId))) return [];
  const signals = memberOf(decoded(read.result), 'signals');
  return Array.isArray(signals) ? signals.map((one: unknown) => memberOf(one, 'batch')) : [];
}

function decoded(given: { readonly payloads?: Payload[] | null } | null | undefined): unknown {
  const payload = given?.payloads?.[0];
  return payload && defaultPayloadConverter.fromPayload(payload);
}

function generationOf(input: unknown): string | undefined {
  const definition = memberOf(input, 'definition');
  const generation = memberOf(definition, 'generation');
  return typeof generation === 'string' ? generation : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
