import type { Constraint } from './conjunction.ts';
import type { Leaf, Membership } from './flatten.ts';

/** Steps all alternatives of one pattern may take together to find list elements that fit: about 10 ms. */
export const STEPS_MAX = 20_000;

/** Steps left for one event. */
export type StepBudget = { left: number };

/** The outcome for one conjunction. `value`: nothing at that path fits. `array`: no list element fits all of the paths. */
export type Consistency =
  | { readonly kind: 'match' }
  | { readonly kind: 'value'; readonly constraint: Constraint }
  | { readonly kind: 'array'; readonly paths: readonly string[] }
  | { readonly kind: 'too_complex'; readonly paths: readonly string[] };

/** A constraint with the event's values at its path, and those of them that fit. */
export type Candidates = {
  readonly constraint: Constraint;
  readonly leaves: readonly Leaf[];
  readonly fitting: readonly Leaf[];
};

/**
 * Whether one value per path can be chosen so that no two lie in different elements of the same list. Paths are tried in
 * the order given, and `exists: false` looks only at the elements fixed before it, as in EventBridge.
 */
export function consistent(candidates: readonly Candidates[], budget: StepBudget): Consistency {
  for (const { constraint, leaves, fitting } of candidates) {
    const mayBeAbsent = constraint.allowsAbsent && leaves.every((leaf) => leaf.membership.length > 0);
    if (fitting.length === 0 && !mayBeAbsent) return { kind: 'value', constraint };
  }
  if (candidates.every(({ leaves }) => leaves.every((leaf) => leaf.membership.length === 0))) return { kind: 'match' };
  for (const group of groupsOf(candidates)) {
    const failure = search(group, 0, new Map(), budget);
    if (failure === 'matched') continue;
    const [first, ...more] = group.map(({ constraint }) => constraint);
    if (failure === 'exhausted') return { kind: 'too_complex', paths: group.map(({ constraint }) => constraint.path) };
    if (first !== undefined && more.length === 0) return { kind: 'value', constraint: first };
    return { kind: 'array', paths: group.map(({ constraint }) => constraint.path) };
  }
  return { kind: 'match' };
}

/** One path of a group: what may be chosen, reduced to the lists it shares with other paths. */
type Choice = {
  readonly constraint: Constraint;
  readonly fitting: readonly Membership[];
  readonly present: readonly Membership[];
  /** For the lists every fitting value lies in: the values by element. */
  readonly byElement: ReadonlyMap<number, ReadonlyMap<number, readonly Membership[]>>;
};

/** Paths that share no list cannot conflict: each group is searched on its own. */
function groupsOf(candidates: readonly Candidates[]): readonly (readonly Choice[])[] {
  const users = new Map<number, Set<number>>();
  for (const [place, { leaves }] of candidates.entries()) {
    for (const { membership } of leaves) {
      for (let at = 0; at < membership.length; at += 2) {
        const list = membership[at] ?? 0;
        users.set(list, (users.get(list) ?? new Set()).add(place));
      }
    }
  }
  const group = candidates.map((_, place) => place);
  for (const places of users.values()) {
    if (places.size === 1) continue;
    const [target = 0] = [...places].map((place) => group[place] ?? place).toSorted((a, b) => a - b);
    const joined = new Set([...places].map((place) => group[place]));
    for (const [place, current] of group.entries()) if (joined.has(current)) group[place] = target;
  }
  const shared = new Set([...users].filter(([, places]) => places.size > 1).map(([list]) => list));
  const groups = new Map<number, Choice[]>();
  for (const [place, candidate] of candidates.entries()) {
    const members = groups.get(group[place] ?? place) ?? [];
    members.push(choiceOf(candidate, shared));
    groups.set(group[place] ?? place, members);
  }
  return [...groups.values()];
}

function choiceOf({ constraint, leaves, fitting }: Candidates, shared: ReadonlySet<number>): Choice {
  const reduced = distinct(fitting, shared);
  const byElement = new Map<number, Map<number, Membership[]>>();
  for (const list of listsOfAll(reduced)) {
    const elements = new Map<number, Membership[]>();
    for (const membership of reduced) {
      const index = elementIn(membership, list) ?? 0;
      const bucket = elements.get(index) ?? [];
      bucket.push(membership);
      elements.set(index, bucket);
    }
    byElement.set(list, elements);
  }
  return { constraint, fitting: reduced, present: constraint.allowsAbsent ? distinct(leaves, shared) : [], byElement };
}

function distinct(leaves: readonly Leaf[], shared: ReadonlySet<number>): readonly Membership[] {
  const reduced = new Map<string, Membership>();
  for (const { membership } of leaves) {
    const kept = membership.filter((_, at) => shared.has(membership[at - (at % 2)] ?? 0));
    reduced.set(kept.join(), kept);
  }
  return [...reduced.values()];
}

function listsOfAll(memberships: readonly Membership[]): readonly number[] {
  const [first = []] = memberships;
  const lists = first.filter((_, at) => at % 2 === 0);
  return lists.filter((list) => memberships.every((membership) => elementIn(membership, list) !== undefined));
}

function elementIn(membership: Membership, list: number): number | undefined {
  for (let at = 0; at < membership.length; at += 2) if (membership[at] === list) return membership[at + 1];
  return undefined;
}

type Found = 'matched' | 'none' | 'exhausted';

function search(choices: readonly Choice[], place: number, chosen: Map<number, number>, budget: StepBudget): Found {
  const choice = choices[place];
  if (choice === undefined) return 'matched';
  for (const membership of narrowed(choice, chosen)) {
    if (budget.left <= 0) return 'exhausted';
    budget.left -= 1;
    if (!agrees(membership, chosen)) continue;
    const found = search(choices, place + 1, extended(chosen, membership), budget);
    if (found !== 'none') return found;
  }
  if (!choice.constraint.allowsAbsent) return 'none';
  budget.left -= choice.present.length;
  if (budget.left < 0) return 'exhausted';
  const absent = !choice.present.some((membership) => agrees(membership, chosen));
  return absent ? search(choices, place + 1, chosen, budget) : 'none';
}

/** The values left when an element of a list they all lie in has been fixed. */
function narrowed(choice: Choice, chosen: ReadonlyMap<number, number>): readonly Membership[] {
  let best = choice.fitting;
  for (const [list, elements] of choice.byElement) {
    const index = chosen.get(list);
    if (index === undefined) continue;
    const bucket = elements.get(index) ?? [];
    if (bucket.length < best.length) best = bucket;
  }
  return best;
}

function agrees(membership: Membership, chosen: ReadonlyMap<number, number>): boolean {
  for (let at = 0; at < membership.length; at += 2) {
    const index = chosen.get(membership[at] ?? 0);
    if (index !== undefined && index !== membership[at + 1]) return false;
  }
  return true;
}

function extended(chosen: Map<number, number>, membership: Membership): Map<number, number> {
  if (membership.length === 0) return chosen;
  const result = new Map(chosen);
  for (let at = 0; at < membership.length; at += 2) result.set(membership[at] ?? 0, membership[at + 1] ?? 0);
  return result;
}
