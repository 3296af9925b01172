import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';

import { batchSignal } from '../src/contract/definitions.ts';
import type { TriggerInput } from '../src/contract/messages.ts';
import { instanceId } from '../src/contract/names.ts';
import type { Activities } from './interface.ts';

/** One page of undecided signals, and one signal more: well under one payload's 2 MB. */
const PAGE_BYTES = 512 * 1_024;
/** What is there no more. */
const NOT_FOUND = 5;
/** Events asked for at once. */
const PAGE_EVENTS = 200;

/** The run that a run continued as. */
export async function runThatFollows(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  return history?.events?.[0]?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
}

/** The event of the last completed workflow task: what came later was never decided. 0 where there was none. */
export async function lastTaskOf(client: Client, workflowId: string, runId: string): Promise<number> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE_EVENTS,
      ...(nextPageToken && { nextPageToken }),
    });
    const task = page.history?.events?.find((event) => event.workflowTaskCompletedEventAttributes);
    if (task) return Number(task.eventId);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken && nextPageToken.length > 0);
  return 0;
}

/** The state that a run was begun with, for one that ended before its first workflow task. */
export async function carriedInto(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<Pick<TriggerInput, 'carried'>> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const input = payload && defaultPayloadConverter.fromPayload<TriggerInput>(payload);
  return input?.carried ? { carried: input.carried } : {};
}

type Signals = {
  readonly signals: readonly { readonly at: number; readonly batch: unknown }[];
  /** Reading stopped at `maxBytes`. */
  readonly more: boolean;
};

/** The batches that a run was sent after a history event, until they are `maxBytes`. Throws where it is not there. */
export async function signalsAfter(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  after: number,
  maxBytes: number,
): Promise<Signals> {
  const signals: { at: number; batch: unknown }[] = [];
  let bytes = 0;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await historyPage(client, execution, nextPageToken);
    for (const event of page.history?.events ?? []) {
      const signal = event.workflowExecutionSignaledEventAttributes;
      const at = Number(event.eventId);
      if (signal?.signalName !== batchSignal.name || at <= after) continue;
      const payload = signal.input?.payloads?.[0];
      signals.push({ at, batch: payload && defaultPayloadConverter.fromPayload(payload) });
      bytes += payload?.data?.length ?? 0;
      if (bytes >= maxBytes) return { signals, more: true };
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken && nextPageToken.length > 0);
  return { signals, more: false };
}

async function historyPage(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  nextPageToken: Uint8Array | undefined,
) {
  try {
    return await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution,
      maximumPageSize: PAGE_EVENTS,
      ...(nextPageToken && { nextPageToken }),
    });
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw error;
    throw new WorkflowNotFoundError(error.message, execution.workflowId, execution.runId);
  }
}

/** Reads the batches that a run was sent and did not decide, a page at a time: its history is where they are kept. */
export const readUndecided: Activities['readUndecided'] = async ({ trigger, run }) => {
  const execution = { workflowId: instanceId(trigger), runId: run.runId };
  const { signals, more } = await signalsAfter(Context.current().client, execution, run.decidedUpTo, PAGE_BYTES);
  const last = signals.at(-1);
  return { batches: signals.map((signal) => signal.batch), ...(more && last && { next: last.at }) };
};
