import type { Kind } from './kinds.ts';
import type { Change } from './target.ts';

/** How a run went. */
export type Ending = {
  /** `COMPLETED`, or the type of its failure. */
  readonly ended: string;
  readonly detail: string;
  /** What its dead letters say: of the run itself, or of one of its steps. */
  readonly letters: readonly string[];
};

/** Whether it ended as it does undisturbed, with everything done. */
export function isAsUsual(kind: Kind, { ended }: Ending, changes: readonly Change[]): boolean {
  const { changed, told } = doneBy(kind, changes);
  return ended === kind.ends && same(changed, kind.changes) && same(told.toSorted(), kind.tells.toSorted());
}

/** What is wrong with a run whose worker was killed, one sentence each; nothing when every promise was kept. */
export function violations(kind: Kind, ending: Ending, changes: readonly Change[]): readonly string[] {
  const { did, changed, told } = doneBy(kind, changes);
  const asUsual = isAsUsual(kind, ending, changes);
  const onlyOnce = changes.filter(({ once }) => once);
  const how = `it ended as ${ending.ended} after ${did.join(', ')}`;
  const strange = did.filter((step) => !changed.includes(step) && !told.includes(step));
  return [
    ...twice(did).map((step) => `${step} was started twice, by two tokens`),
    ...strange.map((step) => `${step} is no step of it`),
    ...twice(onlyOnce.map(({ token }) => token)).map((token) => `${token} was called twice`),
    ...(kind.honours && !asUsual ? [how] : []),
    ...(isOrdered(changed, kind) ? [] : [`out of order: ${changed.join(', ')}`]),
    ...(asUsual || ending.letters.length > 0 ? [] : [`${how}, and nobody is told`]),
    ...(isSettled(kind, ending, changed) ? [] : [`half done: ${changed.join(', ')}`]),
  ];
}

/** The steps of a run that were done, in order. */
function doneBy({ changes, undoes, tells }: Kind, calls: readonly Change[]) {
  const did = firstOf(calls).map(({ step }) => step);
  const changed = did.filter((step) => changes.includes(step) || undoes.includes(step));
  return { did, changed, told: did.filter((step) => tells.includes(step)) };
}

/** A target that honours its token does something once for it. */
function firstOf(changes: readonly Change[]): readonly Change[] {
  const seen = new Set<string>();
  return changes.filter(({ token }) => !seen.has(token) && seen.add(token));
}

/** Changes go on from the first one without a gap; then, where it was broken off, they are undone in order. */
function isOrdered(changed: readonly string[], { changes, undoes }: Kind): boolean {
  const forward = changed.filter((step) => !undoes.includes(step));
  const back = changed.slice(forward.length);
  const undo = undoes.filter((step) => back.includes(step));
  return same(changed, [...changes.filter((step) => !undoes.includes(step)).slice(0, forward.length), ...undo]);
}

/** What was changed and not finished is undone, or it is said that it is not. */
function isSettled({ changes, undoes }: Kind, { ended, detail }: Ending, changed: readonly string[]): boolean {
  if (undoes.length === 0 || changed.length === 0) return true;
  if (ended === 'COMPLETED') return same(changed, changes);
  return changed.some((step) => undoes.includes(step)) || detail.includes('NOT undone');
}

function twice(all: readonly string[]): readonly string[] {
  return [...new Set(all.filter((one, index) => all.indexOf(one) !== index))];
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}
