import { ApplicationFailure } from '@temporalio/common';

import { eventFromJson } from '../src/connectors/cloud-event.ts';
import type { Activities } from './interface.ts';
import type { TellDependencies } from './tell.ts';
import type { TickDependencies } from './tick.ts';

/** Hands a run that was given up over to the instance of its trigger, under the definition that is loaded now. */
export function createReplayRun({ committer, definitions, log }: TellDependencies): Activities['replayRun'] {
  return async ({ trigger, ...replay }) => {
    const definition = definitions().triggers.get(trigger)?.definition;
    if (!definition) {
      return { ok: false, code: 'replay_refused', detail: `No trigger is named ${trigger} in the loaded definitions.` };
    }
    const handed = await committer.replay(definition, replay);
    const of = { trigger, runId: replay.run.runId, key: replay.run.key, by: replay.by };
    if (handed.ok) log.info({ ...of, replayedAs: handed.runId, fate: handed.fate }, 'dead letter replayed');
    else log.warn({ ...of, code: handed.code, detail: handed.detail }, 'a replay was refused');
    return handed;
  };
}

/** Offers events whose expressions failed to their trigger again, as they came in then; others do not hear of them. */
export function createReplayEvents({
  accept,
  now,
  log,
}: TellDependencies & TickDependencies): Activities['replayEvents'] {
  return async ({ trigger, entries }) => {
    const read = entries.map(({ id, event, lineage, replayed, via = 'events' }) => ({
      id,
      of: { source: via, ...(lineage && { lineage }), ...(replayed && { replayed }) },
      event: event && eventFromJson(event, ''),
    }));
    const whole = read.flatMap(({ id, of, event }) => (event?.ok ? [{ id, of, event: event.event }] : []));
    const lost = read.filter(({ event }) => !event?.ok);
    const events = whole.map(({ event, of }) => ({ event, ...of, receivedAt: now() }));
    const outcome = await accept(events, { only: trigger, inLetter: true });
    if (outcome.kind === 'refused') throw ApplicationFailure.retryable(outcome.refusal.detail, outcome.refusal.code);
    const failed = new Map(outcome.deadLettered.map(({ index, detail }) => [index, detail]));
    log.info({ trigger, events: events.length, failed: failed.size }, 'events of a dead letter offered again');
    return [
      ...lost.map(({ id }) => ({
        id,
        taken: false,
        detail: 'The dead letter is too large to hold this event itself.',
      })),
      ...whole.map(({ id }, index) => {
        if (outcome.accepted[index]?.triggers.length) return { id, taken: true };
        return { id, taken: false, detail: failed.get(index) ?? 'The trigger does not take it any more.' };
      }),
    ];
  };
}
