import { hash } from 'node:crypto';

import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowStartOptions } from '@temporalio/client';

import { type ReplayInput, replayWorkflowId, stopReplayUpdate } from '../contract/replays.ts';
import { SEARCH_ATTRIBUTE, TASK_QUEUE, WORKFLOW } from '../contract/names.ts';
import { paceText } from '../core/pace.ts';
import { NOTHING_REPLAYED } from '../core/replaying.ts';
import { refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { StoreReader } from '../store/store.ts';
import type { AskedReplay, EventsReplayed, ReplayForecast, ReplayOrders } from './operate-api.ts';
import type { ReadApi, ReadResult } from './read-api.ts';
import { forecast, selectEvents, type Selection } from './replay-forecast.ts';
import { reachOf, replayedOf, type Seen, seeReplay, seeReplays } from './replay-view.ts';
import { away } from './temporal-answer.ts';

/** A start or a stop that is not answered within this is a refusal; given again it finds what the first one did. */
const ORDER_DEADLINE_MS = 8_000;
/** Characters of a replay's id behind its prefix: 72 bits. */
const ID_LENGTH = 12;

export type ReplayDependencies = {
  readonly client: Client;
  readonly state: ReadApi['state'];
  readonly eventsBetween: StoreReader['eventsBetween'];
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** What people do with replays of stored events, over Temporal. */
export function createReplayOrders(deps: ReplayDependencies): ReplayOrders {
  const { client, now } = deps;
  return {
    forecastReplay: (trigger, asked) => reached(() => foreseen(deps, trigger, asked)),
    startReplay: (trigger, asked) => reached(() => started(deps, trigger, asked)),
    replays: (trigger) =>
      reached(async () => {
        const seen = await seeReplays(client, trigger, now());
        return { ok: true, value: { replays: seen.map(replayedOf) } };
      }),
    replay: (trigger, replayId) => seenTo(deps, trigger, replayId, async (seen) => seen),
    resumeReplay: (trigger, replayId) =>
      seenTo(deps, trigger, replayId, async (seen) => {
        const { progress, end, ...of } = seen.view;
        // From the beginning where nobody knows how far it came: what it brought has the same ids.
        if (seen.isOpen || end?.kind === 'done' || end?.kind === 'full') return seen;
        await start(client, { version: 1, ...of, progress }, now(), 'ALLOW_DUPLICATE');
        return seeReplay(client, trigger, replayId, now());
      }),
    stopReplay: (trigger, replayId, by) =>
      seenTo(deps, trigger, replayId, async (seen) => {
        if (!seen.isOpen) return seen;
        const handle = client.workflow.getHandle(replayWorkflowId(trigger, replayId));
        const view = await client.withDeadline(now() + ORDER_DEADLINE_MS, () =>
          handle.executeUpdate(stopReplayUpdate, { args: [{ by }] }),
        );
        return { view, isOpen: true };
      }),
  };
}

async function reached<T>(ask: () => Promise<ReadResult<T>>): Promise<ReadResult<T>> {
  try {
    return await ask();
  } catch (error) {
    return away(error);
  }
}

/** Does something with a replay that is there. */
function seenTo(
  { client, now }: ReplayDependencies,
  trigger: string,
  replayId: string,
  act: (seen: Seen) => Promise<Seen | undefined>,
): Promise<ReadResult<EventsReplayed>> {
  return reached(async () => {
    const seen = await seeReplay(client, trigger, replayId, now());
    const came = seen && (await act(seen));
    return came ? { ok: true, value: replayedOf(came) } : noReplay(trigger, replayId);
  });
}

/** The same wish has the same id: by its key, or else by its span. */
function replayIdOf(trigger: string, { id, sinceAt, untilAt }: AskedReplay): string {
  const what = id === undefined ? `span\0${sinceAt}\0${untilAt}` : `key\0${id}`;
  return `rpl_${hash('sha256', `${trigger}\0${what}`, 'base64url').slice(0, ID_LENGTH)}`;
}

type Prepared = { readonly selection: Selection; readonly forecast: Omit<ReplayForecast, 'notices'> };

/** Counts what there is, and what the trigger would make of it. */
async function prepared(deps: ReplayDependencies, name: string, asked: AskedReplay): Promise<ReadResult<Prepared>> {
  const found = await deps.state(name);
  if (!found.ok) return found;
  const { trigger, state } = found.value;
  if (state.paused) return { ok: false, refusal: refusal('trigger_paused', `Trigger ${name} is paused.`) };
  const { sinceAt, untilAt, pace } = asked;
  const selected = await selectEvents(deps.eventsBetween, trigger, replayIdOf(name, asked), { sinceAt, untilAt });
  if (!selected.ok) return selected;
  const { selection } = selected;
  const { offers, failed, notTaken, partial } = selection;
  const events = offers.length + failed;
  const of = { trigger: name, dryRun: true, since: rfc3339(sinceAt), until: rfc3339(untilAt) } as const;
  const counts = { events, notTaken, partial, failed, takesMs: Math.round((events / pace) * 1_000) };
  const outcome = forecast(trigger, state, selection, { startAt: deps.now(), pace });
  return { ok: true, value: { selection, forecast: { ...of, pace: paceText(pace), ...counts, ...outcome } } };
}

async function foreseen(
  deps: ReplayDependencies,
  name: string,
  asked: AskedReplay,
): Promise<ReadResult<ReplayForecast>> {
  const ready = await prepared(deps, name, asked);
  if (!ready.ok) return ready;
  const { selection, forecast: of } = ready.value;
  const { keptSinceAt } = selection;
  const notices = [
    ...(keptSinceAt === undefined ? [] : [`The store has events since ${rfc3339(keptSinceAt)}, not before.`]),
    ...(await overlapping(deps, name, asked)).map(overlapText),
  ];
  return { ok: true, value: { ...of, notices } };
}

async function started(
  deps: ReplayDependencies,
  name: string,
  asked: AskedReplay,
): ReturnType<ReplayOrders['startReplay']> {
  const { client, now } = deps;
  const replayId = replayIdOf(name, asked);
  const known = await seeReplay(client, name, replayId, now());
  if (known) return { ok: true, value: replayedOf(known) };
  const [other] = asked.again ? [] : await overlapping(deps, name, asked);
  if (other) return { ok: false, refusal: refusal('already_replayed', overlapText(other)) };
  const ready = await prepared(deps, name, asked);
  if (!ready.ok) return ready;
  const { sinceAt, untilAt, pace, by } = asked;
  const of = { trigger: name, replayId, sinceAt, untilAt, pace, expected: ready.value.forecast.events, by };
  await start(client, { version: 1, ...of }, now(), 'REJECT_DUPLICATE');
  // It may be too busy to be asked already.
  return { ok: true, value: replayedOf({ view: { ...of, progress: NOTHING_REPLAYED }, isOpen: true }) };
}

/** Two that start the same replay at once start one. */
async function start(
  client: Client,
  input: ReplayInput,
  nowMs: number,
  workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE',
): Promise<void> {
  const { trigger, replayId, sinceAt, untilAt, pace, expected, by } = input;
  const options: WorkflowStartOptions = {
    workflowId: replayWorkflowId(trigger, replayId),
    taskQueue: TASK_QUEUE,
    args: [input],
    workflowIdReusePolicy,
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: `${expected} events · ${trigger} · ${paceText(pace)}`,
    memo: { replay: { sinceAt, untilAt, pace, expected, by } },
    typedSearchAttributes: [{ key: SEARCH_ATTRIBUTE.trigger, value: trigger }],
  };
  try {
    await client.withDeadline(nowMs + ORDER_DEADLINE_MS, () => client.workflow.start(WORKFLOW.replay, options));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Replays of the trigger that brought, or will bring, events of the same span. */
async function overlapping(
  { client, now }: ReplayDependencies,
  name: string,
  asked: AskedReplay,
): Promise<readonly Seen[]> {
  const seen = await seeReplays(client, name, now());
  return seen.filter((one) => one.view.sinceAt < asked.untilAt && asked.sinceAt < reachOf(one));
}

function overlapText(seen: Seen): string {
  const { replayId, state } = replayedOf(seen);
  const reach = rfc3339(reachOf(seen));
  return `Replay ${replayId} (${state}) brings what arrived from ${rfc3339(seen.view.sinceAt)} until ${reach}.`;
}

function noReplay(trigger: string, replayId: string): Extract<ReadResult<never>, { ok: false }> {
  const detail = `Trigger ${trigger.slice(0, 100)} has no replay ${replayId.slice(0, 100)}.`;
  return { ok: false, refusal: refusal('not_found', detail) };
}
