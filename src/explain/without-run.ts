import type { StoredEntry, StoredEventSummary } from '../store/store.ts';
import { rfc3339 } from './answer.ts';
import type { StatsAnswer } from './stats-answer.ts';

type WithoutRun = NonNullable<StatsAnswer['withoutRun']>[number];

/** What became of an event that a trigger took, or failed on, and that led to no run of it; `entries` by seq. */
export function withoutRunOf(
  trigger: string,
  { eventId, receivedAt, failedIn }: StoredEventSummary,
  entries: readonly StoredEntry[],
): WithoutRun {
  const event = { eventId, receivedAt: rfc3339(receivedAt) };
  const failed = failedIn.find((one) => one.trigger === trigger);
  if (failed) return { ...event, outcome: 'deadLettered', stage: 'match', reason: failed.code };
  const own = entries.filter((entry) => entry.trigger === trigger);
  // A later arrival of the same event says nothing about what became of the first.
  const first = own.filter(({ why }) => why?.kind !== 'duplicate' && why?.kind !== 'conflict');
  const last = first.findLast(({ kind }) => kind in OUTCOME) ?? own.find(({ kind }) => kind in OUTCOME);
  if (!last) return { ...event, outcome: 'undecided' };
  const { stage, reason } = last;
  return {
    ...event,
    outcome: OUTCOME[last.kind] ?? 'undecided',
    ...(stage !== undefined && { stage }),
    ...(reason !== undefined && { reason }),
  };
}

const OUTCOME: { readonly [kind in StoredEntry['kind']]?: WithoutRun['outcome'] } = {
  suppressed: 'suppressed',
  deadLettered: 'deadLettered',
  collected: 'waiting',
  kept: 'waiting',
  waiting: 'waiting',
};
