import type { RunRequest } from './fact.ts';

/** Most hops from an event over runs to an emitted event: a longer chain is one that goes round. */
export const HOPS_MAX = 16;

/** Where an emitted event comes from. Only the machinery writes it, so that no sender can begin a chain anew. */
export type Lineage = {
  /** Id of the event that began the chain, or of the run where no event did. */
  readonly root: string;
  /** Id of the run that emitted it. */
  readonly parent: string;
  /** Hops since the beginning: 1 for what the first run emits. */
  readonly depth: number;
  /** The triggers on the way, first to last; at most one more than there may be hops. */
  readonly path: readonly string[];
};

/** Of an event that a replay of stored events brought once more: the event it was first, and the replay. */
export type Replayed = { readonly eventId: string; readonly replayId: string };

/** The lineage with more hops behind it, the first where both have as many. */
export function deeper(one: Lineage | undefined, other: Lineage | undefined): Lineage | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.depth > one.depth ? other : one;
}

/** The lineage of what a run emits. Deeper than `HOPS_MAX`: it must not be emitted. */
export function nextHop(
  trigger: string,
  { runId, items, last }: Pick<RunRequest, 'runId' | 'items' | 'last'>,
): Lineage {
  const { lineage } = last;
  return {
    root: lineage?.root ?? items[0]?.eventId ?? runId,
    parent: runId,
    depth: (lineage?.depth ?? 0) + 1,
    path: [...(lineage?.path ?? []), trigger],
  };
}

/** Why a chain ends here, with the triggers it went through. */
export function tooLong({ depth, path, root }: Lineage): string {
  return `It would be hop ${depth} of one chain, more than ${HOPS_MAX}: ${path.join(' → ')}. It began with ${root}.`;
}
