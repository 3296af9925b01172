import type { z } from 'zod';

import { eventIdOf } from '../accept/event-id.ts';
import { whyNot } from '../accept/no-match.ts';
import { eventJson } from '../accept/lineage.ts';
import { offerOf } from '../accept/offer.ts';
import type { IncomingEvent } from '../accept/outcome.ts';
import { instanceId } from '../contract/names.ts';
import type { Fact, RunRequest } from '../core/fact.ts';
import { ledgerPage } from '../core/ledger.ts';
import type { Offer } from '../core/offer.ts';
import type { TriggerState } from '../core/state.ts';
import { step } from '../core/step.ts';
import { whereabouts } from '../core/whereabouts.ts';
import { counted } from '../explain/counted.ts';
import { stageAnswers } from '../explain/stages.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import type { dryRunAnswer } from './shapes/dry-run.ts';

export type DryRunAnswer = z.infer<typeof dryRunAnswer>;

/**
 * What a trigger would make of an event at `nowMs`, from the state of its instance, which is used up. Everything is as it
 * would be: the same matching, and the same core.
 */
export function dryRun(
  trigger: LoadedTrigger,
  incoming: IncomingEvent,
  state: TriggerState,
  nowMs: number,
): DryRunAnswer {
  const json = eventJson(incoming);
  const eventId = eventIdOf(incoming.event);
  const about = { trigger: trigger.name, eventId, stages: [], runs: [] };
  const offered = offerOf(trigger, incoming, eventId, json);
  if (offered.kind === 'noMatch') {
    const notTaken = whyNot(trigger, { source: incoming.source, json });
    const conclusion = `It would not be taken. ${notTaken?.sentence ?? ''}`.trim();
    return { ...about, outcome: 'notTaken', conclusion, ...(notTaken && { notTaken: answered(notTaken) }) };
  }
  if (offered.kind === 'failed') {
    const { code, pointer, detail } = offered;
    const conclusion = `It would become a dead letter, ${code} at ${pointer}: ${detail}`;
    return { ...about, outcome: 'deadLettered', conclusion, deadLetter: { code, pointer, detail } };
  }
  return { ...about, ...decided(trigger, offered.offer, state, nowMs) };
}

function decided(
  { name, definition }: LoadedTrigger,
  offer: Offer,
  state: TriggerState,
  nowMs: number,
): Pick<DryRunAnswer, 'outcome' | 'conclusion' | 'key' | 'stages' | 'runs'> {
  // What is due by now is decided before the event, and is none of its doing.
  step(state, { kind: 'definition', definition }, nowMs);
  step(state, { kind: 'tick' }, nowMs);
  const { facts } = step(state, { kind: 'offer', offer }, nowMs);
  const { key, eventId, receivedAt, time } = offer;
  const entries = ledgerPage(state, facts).entries.map((entry) => ({
    ...entry,
    trigger: name,
    instance: instanceId(name),
  }));
  const { place } = whereabouts(state, key, eventId);
  const way = { key, receivedAt, entries, definition, place, ...(time !== undefined && { time }) };
  const stages = stageAnswers(way).map((stage) => {
    return stage.stage === 'run'
      ? { ...stage, sentence: stage.sentence.replace(/^It is part/, 'It would be part') }
      : stage;
  });
  const runs = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [wouldRun(fact.run)] : []));
  const ended = facts.flatMap((fact) => endOf(fact, eventId));
  const last = stages.findLast(({ verdict }) => verdict !== 'notReached' && verdict !== 'unknown');
  const [first] = runs;
  if (first) {
    const more = first.eventCount > 1 ? ` with ${counted(first.eventCount - 1, 'other event')}` : '';
    return {
      outcome: 'run',
      conclusion: `It would start run ${first.runId} for key ${key}${more}.`,
      key,
      stages,
      runs,
    };
  }
  const outcome = ended[0] ?? 'waiting';
  return { outcome, conclusion: last?.sentence ?? '', key, stages, runs };
}

function endOf(fact: Fact, eventId: string): readonly ('suppressed' | 'deadLettered')[] {
  if (fact.kind === 'eventsSuppressed' && fact.eventIds.includes(eventId)) return ['suppressed'];
  return fact.kind === 'eventDeadLettered' && fact.eventId === eventId ? ['deadLettered'] : [];
}

function wouldRun({ runId, key, cause, items, mode, asks, settings }: RunRequest): DryRunAnswer['runs'][number] {
  const { approval } = settings;
  const always = asks !== undefined || (approval !== undefined && approval.when === undefined);
  const asked = always ? 'asks' : approval === undefined ? 'none' : 'condition';
  return { runId, key, cause, eventCount: items.length, mode, approval: mode === 'shadow' ? 'none' : asked };
}

function answered({ type: _type, ...answer }: NonNullable<ReturnType<typeof whyNot>>) {
  return answer;
}
