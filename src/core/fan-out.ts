import type { Json } from '../spec/json.ts';
import { spanText } from './explain.ts';
import type { RunRequest } from './fact.ts';
import { utf8Bytes } from './json-bytes.ts';
import type { Ended, RunOutcome } from './retry.ts';
import { branchIdOf, runIdOf } from './run-id.ts';

/** Most branches of one fan-out: a branch is a dozen events of its history, and an entry of what it answers. */
export const BRANCHES_MAX = 100;
/** Longest value of a branch, in bytes: it is shown wherever the branch is, as a key is. */
const VALUE_MAX_BYTES = 200;
/** Most earlier runs of one line of replays in which branches are looked for. */
const EARLIER_MAX = 20;

/** One value of a fan-out: what it is called by, and as it came. */
export type BranchValue = { readonly value: string; readonly item: Json };

/** How a branch ended. */
export type BranchEnd = {
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
  readonly result?: Json;
  readonly detail?: string;
};

/** A branch on its way. `notStarted`: it was not needed any more. */
export type Branch = BranchValue & {
  /** Id of its own run. */
  readonly runId: string;
  readonly status: 'waiting' | 'running' | 'notStarted' | BranchEnd['status'];
  readonly result?: Json;
  readonly detail?: string;
  /** It ended after it was decided how the fan-out goes on. */
  readonly late?: true;
};

/** The values that `over` gave: the same one twice is one branch. Or why they are none. */
export function branchValues(
  over: Json | undefined,
): { readonly ok: true; readonly values: readonly BranchValue[] } | { readonly ok: false; readonly detail: string } {
  if (!isList(over)) return { ok: false, detail: `it gave ${kindOf(over)}, and a list is expected` };
  if (over.length === 0) return { ok: false, detail: 'it gave an empty list: there is nothing to do' };
  const values = new Map<string, Json>();
  for (const [index, item] of over.entries()) {
    if (typeof item === 'object') return { ok: false, detail: `value ${index + 1} is ${kindOf(item)}: ${SCALARS}` };
    const value = String(item);
    const bytes = utf8Bytes(value);
    if (bytes === 0 || bytes > VALUE_MAX_BYTES) {
      return { ok: false, detail: `value ${index + 1} has ${bytes} bytes, and 1 to ${VALUE_MAX_BYTES} are expected` };
    }
    if (!values.has(value)) values.set(value, item);
  }
  if (values.size > BRANCHES_MAX) {
    return { ok: false, detail: `it gave ${values.size} different values, more than ${BRANCHES_MAX}` };
  }
  return { ok: true, values: [...values].map(([value, item]) => ({ value, item })) };
}

const SCALARS = 'a branch is named by a text, a number or a boolean';

/** Array.isArray does not narrow readonly arrays. */
function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function kindOf(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The branches of a run, none of them begun. A branch is the same one by its run and its value. */
export function branchesOf(runId: string, values: readonly BranchValue[]): readonly Branch[] {
  return values.map((of) => ({ ...of, runId: branchIdOf(runId, of.value), status: 'waiting' }));
}

/** Where each branch of a replay may have succeeded already: ids in the runs before it, the latest first. */
export function earlierBranches(
  trigger: string,
  { key, replays }: Pick<RunRequest, 'key' | 'replays'>,
  branches: readonly Branch[],
): readonly (readonly string[])[] {
  if (!replays) return [];
  const { root, ordinal } = replays;
  const count = Math.min(ordinal - 1, EARLIER_MAX);
  const replayed = Array.from({ length: count }, (_, index) => ({ ...replays, ordinal: ordinal - 1 - index }));
  const runs = replayed.map((of) => runIdOf({ trigger, key, cause: 'replay', eventIds: [], replays: of }));
  return branches.map(({ value }) => [...runs, root].map((runId) => branchIdOf(runId, value)));
}

/** What a fan-out may do. */
export type FanOutLimits = {
  /** How many have to succeed. */
  readonly quorum: number;
  /** How many go on at once. */
  readonly parallel: number;
  /** How long the quorum is waited for. */
  readonly withinMs: number;
};

/** What a fan-out does next. `missed` and `reached` are for good. */
export type FanOutMove =
  | { readonly kind: 'start'; readonly index: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'reached' }
  | { readonly kind: 'missed'; readonly outcome: Ended };

/** What follows from how its branches stand. A quorum that is reached counts, also in the moment its time is over. */
export function nextMove(branches: readonly Branch[], limits: FanOutLimits, isOverdue: boolean): FanOutMove {
  const { quorum, parallel, withinMs } = limits;
  const count = (...statuses: readonly Branch['status'][]) =>
    branches.filter(({ status }) => statuses.includes(status)).length;
  const succeeded = count('succeeded');
  if (succeeded >= quorum) return { kind: 'reached' };
  const possible = succeeded + count('waiting', 'running');
  if (possible < quorum) {
    const detail = `${possible} of ${branches.length} branches can succeed, the quorum is ${quorum}. ${badText(branches)}`;
    return missed('failed', '/run/quorum', detail);
  }
  if (isOverdue) {
    const detail = `${succeeded} of ${quorum} branches succeeded within ${spanText(withinMs)}. ${badText(branches)}`;
    return missed('timedOut', '/run/within', detail);
  }
  const index = branches.findIndex(({ status }) => status === 'waiting');
  return index >= 0 && count('running') < parallel ? { kind: 'start', index } : { kind: 'wait' };
}

function missed(status: 'failed' | 'timedOut', place: string, detail: string): FanOutMove {
  const letter = { code: 'fan_out_failed', place } as const;
  return { kind: 'missed', outcome: { kind: 'ended', status, detail: detail.trimEnd(), letter } };
}

/** Branches named in a reason, and characters of each one's own: the whole of it is a sentence or two. */
const NAMED_MAX = 5;
const REASON_MAX_CHARS = 100;

function badText(branches: readonly Branch[]): string {
  const bad = branches.filter(({ status }) => status !== 'succeeded' && status !== 'waiting');
  const named = bad.slice(0, NAMED_MAX).map(({ value, status, detail }) => {
    const why = detail === undefined ? '' : `: ${detail.slice(0, REASON_MAX_CHARS)}`;
    return `${value.slice(0, REASON_MAX_CHARS)} ${status}${why}`;
  });
  const more = bad.length - named.length;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** A branch that has ended; `isDecided`: it is known already how the fan-out goes on. */
export function endedBranch(branch: Branch, { status, result, detail }: BranchEnd, isDecided: boolean): Branch {
  const { value, item, runId } = branch;
  return {
    value,
    item,
    runId,
    status,
    ...(result !== undefined && { result }),
    ...(detail !== undefined && { detail }),
    ...(isDecided && status !== 'cancelled' && { late: true }),
  };
}

/** How a fan-out ends that has its quorum, by what came of the call that follows it, where there is one. */
export function fanOutOutcome(branches: readonly Json[], after: RunOutcome | undefined): RunOutcome {
  if (after?.kind === 'dead') return after;
  const result = { branches, ...(after && { answer: after.result ?? null }) };
  if (after === undefined || after.status === 'succeeded') return { kind: 'ended', status: 'succeeded', result };
  const { status, detail } = after;
  const letter = { code: 'fan_out_failed', place: '/run/then' } as const;
  const why = `All that is needed succeeded, then: ${detail ?? status}`;
  return { kind: 'ended', status, detail: why, ...(status !== 'cancelled' && { letter }) };
}
