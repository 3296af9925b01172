import type { NoMatch } from '../accept/no-match.ts';
import type { MissAnswer } from './why-answer.ts';

/** Clauses an answer names: those after them are rarer still. */
const MISSES_SHOWN_MAX = 5;

/** Counts the clauses that failed first, the most frequent first. Events come newest first. */
export function countMisses(misses: Iterable<NoMatch & { readonly eventId: string }>): readonly MissAnswer[] {
  const byPointer = new Map<string, MissAnswer>();
  for (const { pointer, clause, sentence, eventId } of misses) {
    const known = byPointer.get(pointer);
    if (known) known.events += 1;
    else byPointer.set(pointer, { pointer, clause, events: 1, sentence, example: eventId });
  }
  return [...byPointer.values()].toSorted((one, other) => other.events - one.events).slice(0, MISSES_SHOWN_MAX);
}
