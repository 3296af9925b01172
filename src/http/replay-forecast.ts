import { pick } from '../accept/once-more.ts';
import type { Fact } from '../core/fact.ts';
import type { Offer } from '../core/offer.ts';
import { stepSize } from '../core/pace.ts';
import { REPLAY_EVENTS_MAX } from '../core/replaying.ts';
import { Simulation } from '../core/simulate.ts';
import type { TriggerState } from '../core/state.ts';
import { type Refusal, refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import type { StoredEvent, StoreReader } from '../store/store.ts';

/** Stored events that are looked at before a replay: as many as take a few seconds. */
const LOOKED_AT_MAX = 200_000;
/** How long after the last event windows and holds are let to end. */
const SETTLE_MAX_MS = 86_400_000;

export type Span = { readonly sinceAt: number; readonly untilAt: number };

/** The stored events of a span, as a trigger takes them now. */
export type Selection = {
  readonly offers: readonly Offer[];
  readonly failed: number;
  readonly notTaken: number;
  readonly partial: number;
  /** The first arrival that the store has at all, where the span begins before it. */
  readonly keptSinceAt?: number;
};

/** What a trigger would make of a replay. */
export type Outcome = {
  readonly runs: number;
  readonly suppressed: { readonly [stage: string]: number };
  readonly deadLettered: number;
  readonly waiting: number;
};

type Selected =
  | { readonly ok: true; readonly selection: Selection }
  | { readonly ok: false; readonly refusal: Refusal };

/** Looks through the store for what a replay would bring. Nothing, or too much, is a refusal that says what there is. */
export async function selectEvents(
  eventsBetween: StoreReader['eventsBetween'],
  trigger: LoadedTrigger,
  replayId: string,
  span: Span,
): Promise<Selected> {
  const { sinceAt, untilAt } = span;
  const kept = await firstKept(eventsBetween, untilAt);
  if (!kept.ok) return kept;
  if (kept.at === undefined) return nothing('The store has no event that arrived before the end of this span.');
  const offers: Offer[] = [];
  const counts = { failed: 0, notTaken: 0, partial: 0 };
  let lookedAt = 0;
  for await (const page of eventsBetween(span)) {
    if (!page.ok) return page;
    for (const stored of page.value) {
      lookedAt += 1;
      const picked = pick(trigger, stored, replayId, untilAt);
      if (picked.kind === 'taken') offers.push(picked.offer);
      else counts[picked.kind] += 1;
      const most = lookedAt > LOOKED_AT_MAX ? `${LOOKED_AT_MAX} stored events` : 'events that it takes';
      if (lookedAt <= LOOKED_AT_MAX && offers.length + counts.failed <= REPLAY_EVENTS_MAX) continue;
      return tooLarge(most, stored);
    }
  }
  if (offers.length + counts.failed === 0) {
    const since = kept.at > sinceAt ? ` The store has events since ${rfc3339(kept.at)}.` : '';
    const others = `${counts.notTaken} stored events of the span are none that ${trigger.name} takes`;
    const partial = counts.partial > 0 ? `, and of ${counts.partial} only parts are kept` : '';
    return nothing(`${others}${partial}.${since}`);
  }
  return { ok: true, selection: { offers, ...counts, ...(kept.at > sinceAt && { keptSinceAt: kept.at }) } };
}

async function firstKept(
  eventsBetween: StoreReader['eventsBetween'],
  untilAt: number,
): Promise<{ readonly ok: true; readonly at?: number } | { readonly ok: false; readonly refusal: Refusal }> {
  for await (const page of eventsBetween({ sinceAt: 0, untilAt })) {
    if (!page.ok) return page;
    const [first] = page.value;
    return { ok: true, ...(first && { at: first.receivedAt }) };
  }
  return { ok: true };
}

function nothing(detail: string): Selected {
  return { ok: false, refusal: refusal('nothing_to_replay', detail) };
}

function tooLarge(most: string, { receivedAt }: StoredEvent): Selected {
  const what = most === 'events that it takes' ? `more than ${REPLAY_EVENTS_MAX} ${most}` : `more than ${most}`;
  const detail = `The span holds ${what}. Replay it in parts, the first until ${rfc3339(receivedAt)}.`;
  return { ok: false, refusal: refusal('replay_too_large', detail) };
}

/**
 * Runs the events through the core in virtual time, from the state that the instance is in, which is used up. Runs end at
 * once and people approve at once, so what waits for them in truth takes longer.
 */
export function forecast(
  { definition }: LoadedTrigger,
  state: TriggerState,
  { offers }: Pick<Selection, 'offers'>,
  { startAt, pace }: { readonly startAt: number; readonly pace: number },
): Outcome {
  const open = new Set(offers.map(({ eventId }) => eventId));
  const suppressed: { [stage: string]: number } = {};
  let [runs, deadLettered] = [0, 0];
  const onFact = (fact: Fact): void => {
    if (fact.kind === 'runDecided') {
      const brought = fact.run.items.filter(({ eventId }) => open.delete(eventId));
      if (brought.length > 0) runs += 1;
    } else if (fact.kind === 'eventsSuppressed') {
      const brought = fact.eventIds.filter((eventId) => open.delete(eventId)).length;
      if (brought > 0) suppressed[fact.stage] = (suppressed[fact.stage] ?? 0) + brought;
    } else if (fact.kind === 'eventDeadLettered' && open.delete(fact.eventId)) deadLettered += 1;
  };
  const runsEnd = () => ({ takesMs: 0, status: 'succeeded' }) as const;
  const simulation = new Simulation(definition, { state, startAt, runs: runsEnd, onFact });
  simulation.input({ kind: 'definition', definition }, startAt);
  const size = stepSize(pace);
  for (const [index, offer] of offers.entries()) {
    const at = startAt + ((Math.floor(index / size) * size) / pace) * 1_000;
    simulation.input({ kind: 'offer', offer: { ...offer, receivedAt: at } }, at);
  }
  simulation.finish(simulation.clock + SETTLE_MAX_MS);
  return { runs, suppressed, deadLettered, waiting: open.size };
}
