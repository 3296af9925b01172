import type { NoMatch } from '../accept/no-match.ts';
import type { JsonObject } from '../spec/json.ts';
import type { StoredEventSummary } from '../store/store.ts';
import { type EventAnswer, rfc3339, type TriggerAnswer } from './answer.ts';
import { counted } from './counted.ts';

/** What is known of one event over all triggers. */
export type EventEvidence = {
  readonly event: StoredEventSummary;
  readonly triggers: readonly TriggerAnswer[];
  /** Triggers that did not take it, the nearest first. */
  readonly notTaken: readonly NoMatch[];
  readonly notices: readonly string[];
};

/** Which run emitted an event, where one did; only the accepting side writes these attributes. */
export function originOf(event: JsonObject): string | undefined {
  const { signalboxparent: parent, signalboxdepth: depth, signalboxroot: root } = event;
  if (typeof parent !== 'string' || typeof depth !== 'number' || typeof root !== 'string') return undefined;
  return `Run ${parent} emitted it: hop ${depth} of a chain that ${root} began.`;
}

/** Which event it was first, where a replay brought it once more; only the accepting side writes these attributes. */
export function replayOf(event: JsonObject): string | undefined {
  const { signalboxreplay: replayId, signalboxreplayof: eventId } = event;
  if (typeof replayId !== 'string' || typeof eventId !== 'string') return undefined;
  return `Replay ${replayId} brought it once more, for one trigger alone; it came first as ${eventId}.`;
}

/** As what an event came once more. */
export function replayedAs({ eventId, receivedAt, takenBy, failedIn }: StoredEventSummary): string {
  const triggers = [...takenBy, ...failedIn].map(({ trigger }) => trigger).join(', ');
  return `It was replayed at ${rfc3339(receivedAt)} through ${triggers} as ${eventId}.`;
}

/** What happened to one event: the answer as a whole. */
export function explainEvent({ event, triggers, notTaken, notices }: EventEvidence): EventAnswer {
  const { eventId, receivedAt, deliveries, via, source, id, type, subject } = event;
  return {
    eventId,
    receivedAt: rfc3339(receivedAt),
    deliveries,
    via,
    ...(source !== undefined && { source }),
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(subject !== undefined && { subject }),
    conclusion: conclusionOf(triggers, notTaken),
    triggers: [...triggers],
    notTaken: notTaken.map(({ trigger, generation, clause, pointer, sentence, clauses, held }) => {
      return { trigger, generation, clause, pointer, sentence, clauses, held };
    }),
    notices: [...notices],
  };
}

function conclusionOf(triggers: readonly TriggerAnswer[], notTaken: readonly NoMatch[]): string {
  const [only, ...more] = triggers;
  if (!only) {
    const [nearest] = notTaken;
    return nearest
      ? `No trigger took it. Closest is ${nearest.trigger}: ${nearest.sentence}`
      : 'No trigger took it, and none wants anything like it.';
  }
  if (more.length === 0) return `${only.trigger}: ${only.conclusion}`;
  const outcomes = new Map<TriggerAnswer['outcome'], number>();
  for (const { outcome } of triggers) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const told = [...outcomes].map(([outcome, times]) => `${times} ${OUTCOME_TEXT[outcome]}`);
  return `${counted(triggers.length, 'trigger')} took it: ${told.join(', ')}.`;
}

const OUTCOME_TEXT = {
  run: 'made it part of a run',
  waiting: 'let it wait',
  suppressed: 'suppressed it',
  deadLettered: 'made it a dead letter',
  undecided: 'with no verdict known yet',
} as const satisfies Record<TriggerAnswer['outcome'], string>;
