/** How many runs may hold a place, and how long one is believed to go on. */
export type LaneSettings = {
  readonly limit: number;
  /** After this long a holder is looked at. */
  readonly leaseTimeoutMs: number;
  /** When they were loaded, epoch milliseconds; the latest wins. */
  readonly loadedAt: number;
};

/** A run that holds a place or wants one. */
export type LaneRun = {
  readonly runId: string;
  readonly trigger: string;
  /** Decides the order: rollback before deploy before everything else. */
  readonly kind: string;
};

/** Times are epoch milliseconds. */
export type Waiter = LaneRun & { readonly sinceAt: number };

export type Holder = LaneRun & {
  readonly sinceAt: number;
  /** When it last said, or was seen, to go on. */
  readonly checkedAt: number;
  /** A deploy that has begun to promote: it is not asked to give way any more. */
  readonly promoting?: true;
  /** The rollback for which it was asked to give way. */
  readonly givesWayTo?: string;
};

/** A lane of one place or a pool of many. Changed in place by `laneStep` alone. */
export type LaneState = {
  settings: LaneSettings;
  /** A rollback that waits asks deploys to give way: in lanes, not in pools. */
  readonly preempts: boolean;
  /** By run id, the one looked at longest ago first. */
  readonly holders: Map<string, Holder>;
  /** By rank, then by run id in the order of asking. */
  readonly queues: readonly Map<string, Waiter>[];
  /** Holders and waiters that are being looked at; not carried, since nobody answers the next run. */
  readonly checking: Set<string>;
  /** Since when nobody holds or wants a place. */
  emptySinceAt: number;
};

/** A holder that has said nothing for so long is looked at; a lane has no definition that could say otherwise. */
const LANE_LEASE_MS = 600_000;

const RANKS: ReadonlyMap<string, number> = new Map([
  ['rollback', 0],
  ['deploy', 1],
]);
const LAST_RANK = 2;

/** Lower goes first. */
export function rankOf({ kind }: Pick<LaneRun, 'kind'>): number {
  return RANKS.get(kind) ?? LAST_RANK;
}

/** A lane, or a pool before it is told its settings: one place. */
export function emptyLane(of: 'lane' | 'pool', nowMs: number): LaneState {
  return {
    settings: { limit: 1, leaseTimeoutMs: LANE_LEASE_MS, loadedAt: 0 },
    preempts: of === 'lane',
    holders: new Map(),
    queues: Array.from({ length: LAST_RANK + 1 }, () => new Map<string, Waiter>()),
    checking: new Set(),
    emptySinceAt: nowMs,
  };
}

/** How many want a place and have none. */
export function waitingIn(state: LaneState): number {
  return state.queues.reduce((sum, queue) => sum + queue.size, 0);
}

/** A lane as it is carried over continue-as-new. */
export type CarriedLane = {
  readonly version: 1;
  readonly settings: LaneSettings;
  readonly holders: readonly Holder[];
  /** In the order of asking within each kind. */
  readonly waiters: readonly Waiter[];
  readonly emptySinceAt: number;
};

export function carryLane({ settings, holders, queues, emptySinceAt }: LaneState): CarriedLane {
  const waiters = queues.flatMap((queue) => [...queue.values()]);
  return { version: 1, settings, holders: [...holders.values()], waiters, emptySinceAt };
}

export function restoreLane(of: 'lane' | 'pool', carried: CarriedLane): LaneState {
  const state = emptyLane(of, carried.emptySinceAt);
  state.settings = carried.settings;
  for (const holder of carried.holders) state.holders.set(holder.runId, holder);
  for (const waiter of carried.waiters) state.queues[rankOf(waiter)]?.set(waiter.runId, waiter);
  return state;
}
