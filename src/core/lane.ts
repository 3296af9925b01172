import {
  type Holder,
  type LaneRun,
  type LaneSettings,
  type LaneState,
  rankOf,
  waitingIn,
  type Waiter,
} from './lane-state.ts';

/** Most runs that wait for one lane or pool: about 1 MB when carried over, half of what Temporal takes. */
export const LANE_QUEUE_MAX = 5_000;
/** Most runs looked at by one activity: each is a call to Temporal. */
const CHECKED_AT_ONCE = 100;
/** A lane that nobody wants for so long ends: there is one for each model, and the next run starts it again. */
export const LANE_IDLE_MS = 600_000;

/** What a lane is told. */
export type LaneInput =
  /** Safe to repeat: a run that waits keeps its turn, one that holds a place is told so again. */
  | { readonly kind: 'request'; readonly run: LaneRun; readonly settings?: LaneSettings }
  /** The run has ended, or does not want a place any more; or it was looked at and is gone. */
  | { readonly kind: 'release'; readonly runId: string }
  /** It was looked at and goes on. */
  | { readonly kind: 'alive'; readonly runId: string }
  /** It could not be told something: whether it goes on is not known. */
  | { readonly kind: 'unreached'; readonly runId: string }
  /** A deploy will not give way any more. */
  | { readonly kind: 'promoting'; readonly runId: string }
  | { readonly kind: 'settings'; readonly settings: LaneSettings }
  /** Time has passed. */
  | { readonly kind: 'tick' };

/** What a lane has done. All but `check` is told to the run. */
export type LaneEffect =
  | { readonly kind: 'granted'; readonly runId: string }
  /** `before` holds a place or goes first. */
  | { readonly kind: 'waiting'; readonly runId: string; readonly before: number }
  | { readonly kind: 'full'; readonly runId: string }
  | { readonly kind: 'giveWay'; readonly runId: string; readonly to: string }
  | { readonly kind: 'check'; readonly runIds: readonly string[] };

/** Decides one input at `nowMs`, epoch milliseconds. Changes `state`. Never more places are given than the limit has. */
export function laneStep(state: LaneState, input: LaneInput, nowMs: number): readonly LaneEffect[] {
  const wasEmpty = isEmpty(state);
  const answers = decide(state, input, nowMs);
  const granted = grant(state, nowMs);
  const effects = [...answers, ...granted, ...preempt(state)];
  if (!wasEmpty) state.emptySinceAt = nowMs;
  // Whoever is granted a place at once is not told first that it waits.
  const places = new Set(granted.map(({ runId }) => runId));
  return effects.filter((effect) => effect.kind !== 'waiting' || !places.has(effect.runId));
}

function decide(state: LaneState, input: LaneInput, nowMs: number): readonly LaneEffect[] {
  switch (input.kind) {
    case 'request':
      if (input.settings) adopt(state, input.settings);
      return request(state, input.run, nowMs);
    case 'release':
      state.checking.delete(input.runId);
      state.holders.delete(input.runId);
      for (const queue of state.queues) queue.delete(input.runId);
      return [];
    case 'alive':
      state.checking.delete(input.runId);
      seenAlive(state, input.runId, nowMs);
      return [];
    case 'unreached':
      return check(
        state,
        [input.runId].filter((runId) => !state.checking.has(runId) && isKnown(state, runId)),
      );
    case 'promoting':
      replace(state, input.runId, (holder) => ({ ...holder, promoting: true }));
      return [];
    case 'settings':
      adopt(state, input.settings);
      return [];
    case 'tick':
      return check(state, dueHolders(state, nowMs));
  }
}

function adopt(state: LaneState, settings: LaneSettings): void {
  if (settings.loadedAt >= state.settings.loadedAt) state.settings = settings;
}

function request(state: LaneState, run: LaneRun, nowMs: number): readonly LaneEffect[] {
  const { runId } = run;
  if (state.holders.has(runId)) {
    seenAlive(state, runId, nowMs);
    return [{ kind: 'granted', runId }];
  }
  const rank = rankOf(run);
  const queue = state.queues[rank] ?? new Map<string, Waiter>();
  const isNew = !queue.has(runId);
  if (isNew && waitingIn(state) >= LANE_QUEUE_MAX) return [{ kind: 'full', runId }];
  if (isNew) queue.set(runId, { ...run, sinceAt: nowMs });
  // The newest is the last of its kind: a storm of requests must not search the queue for each.
  const ofKind = isNew ? queue.size - 1 : [...queue.keys()].indexOf(runId);
  const first = state.queues.slice(0, rank).reduce((sum, it) => sum + it.size, 0);
  return [{ kind: 'waiting', runId, before: state.holders.size + first + ofKind }];
}

function isKnown({ holders, queues }: LaneState, runId: string): boolean {
  return holders.has(runId) || queues.some((queue) => queue.has(runId));
}

/** Moves a holder behind those looked at longer ago. */
function seenAlive(state: LaneState, runId: string, nowMs: number): void {
  const holder = state.holders.get(runId);
  if (!holder) return;
  state.holders.delete(runId);
  state.holders.set(runId, { ...holder, checkedAt: nowMs });
}

function replace({ holders }: LaneState, runId: string, change: (holder: Holder) => Holder): void {
  const holder = holders.get(runId);
  if (holder) holders.set(runId, change(holder));
}

function grant(state: LaneState, nowMs: number): readonly { readonly kind: 'granted'; readonly runId: string }[] {
  const granted: { kind: 'granted'; runId: string }[] = [];
  for (const queue of state.queues) {
    for (const { runId, trigger, kind } of queue.values()) {
      if (state.holders.size >= state.settings.limit) return granted;
      queue.delete(runId);
      state.holders.set(runId, { runId, trigger, kind, sinceAt: nowMs, checkedAt: nowMs });
      granted.push({ kind: 'granted', runId });
    }
  }
  return granted;
}

/** Each rollback that waits asks one deploy to give way, where one has not begun to promote. */
function preempt(state: LaneState): readonly LaneEffect[] {
  const { queues, holders, preempts } = state;
  const [rollbacks] = queues;
  if (!preempts || !rollbacks || rollbacks.size === 0) return [];
  const asked = new Set([...holders.values()].flatMap(({ givesWayTo }) => givesWayTo ?? []));
  const waiting = [...rollbacks.keys()].filter((runId) => !asked.has(runId));
  const effects: LaneEffect[] = [];
  for (const { runId, kind, promoting, givesWayTo } of holders.values()) {
    if (kind !== 'deploy' || promoting || givesWayTo !== undefined) continue;
    const to = waiting.shift();
    if (to === undefined) break;
    replace(state, runId, (holder) => ({ ...holder, givesWayTo: to }));
    effects.push({ kind: 'giveWay', runId, to });
  }
  return effects;
}

function dueHolders({ holders, checking, settings }: LaneState, nowMs: number): readonly string[] {
  const due: string[] = [];
  for (const { runId, checkedAt } of holders.values()) {
    if (checkedAt + settings.leaseTimeoutMs > nowMs || due.length === CHECKED_AT_ONCE) break;
    if (!checking.has(runId)) due.push(runId);
  }
  return due;
}

function check(state: LaneState, runIds: readonly string[]): readonly LaneEffect[] {
  if (runIds.length === 0) return [];
  for (const runId of runIds) state.checking.add(runId);
  return [{ kind: 'check', runIds }];
}

/** When something is due by itself, epoch milliseconds: a holder is looked at, or an empty lane ends. */
export function laneDueAt(state: LaneState): number | undefined {
  for (const { runId, checkedAt } of state.holders.values()) {
    if (!state.checking.has(runId)) return checkedAt + state.settings.leaseTimeoutMs;
  }
  return isEmpty(state) ? state.emptySinceAt + LANE_IDLE_MS : undefined;
}

/** Nobody holds or wants a place. */
function isEmpty(state: LaneState): boolean {
  return state.holders.size === 0 && waitingIn(state) === 0;
}

/** Nobody has held or wanted a place for long. */
export function isOver(state: LaneState, nowMs: number): boolean {
  return isEmpty(state) && nowMs - state.emptySinceAt >= LANE_IDLE_MS;
}
