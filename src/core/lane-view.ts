import { type LaneSettings, type LaneState, waitingIn } from './lane-state.ts';
import { type PlaceName, placeText } from './place.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from './view.ts';

/** Runs that wait shown to people and programs: enough to see what is going on, small enough to send. */
const WAITERS_SHOWN_MAX = 100;
/** Runs named in the details of an execution: they are written after every task. */
const RUNS_IN_DETAILS = 10;

/** One run in a lane or pool; times are epoch milliseconds. */
type RunView = { readonly runId: string; readonly trigger: string; readonly kind: string; readonly sinceAt: number };

/** A lane or pool as it is shown. */
export type LaneView = PlaceName &
  Pick<LaneSettings, 'limit'> & {
    readonly holders: readonly (RunView & { readonly promoting?: true; readonly givesWayTo?: string })[];
    /** Those that go first, at most 100. */
    readonly waiting: readonly RunView[];
    readonly waitingCount: number;
  };

export function laneView(place: PlaceName, state: LaneState): LaneView {
  return {
    ...place,
    limit: state.settings.limit,
    holders: [...state.holders.values()].map(({ checkedAt: _checkedAt, ...holder }) => holder),
    waiting: firstWaiters(state, WAITERS_SHOWN_MAX),
    waitingCount: waitingIn(state),
  };
}

function firstWaiters({ queues }: LaneState, most: number): readonly RunView[] {
  const first: RunView[] = [];
  for (const queue of queues) {
    for (const waiter of queue.values()) {
      if (first.length === most) return first;
      first.push(waiter);
    }
  }
  return first;
}

/** A lane for people, in Markdown: who holds a place and who waits. */
export function laneText(place: PlaceName, state: LaneState, timeText: (at: number) => string): string {
  const { limit } = state.settings;
  const holders = [...state.holders.values()].slice(0, RUNS_IN_DETAILS);
  const waiters = firstWaiters(state, RUNS_IN_DETAILS);
  const line = ({ runId, trigger, kind, sinceAt }: RunView) =>
    `- ${kind} \`${runId}\` of \`${trigger}\` since ${timeText(sinceAt)}`;
  const rest = (count: number) => (count > 0 ? [`- and ${count} more`] : []);
  return [
    `**${placeText(place)}**: ${state.holders.size} of ${limit} ${limit === 1 ? 'place' : 'places'} taken, ${waitingIn(state)} waiting.`,
    ...(holders.length > 0 ? ['', '**Hold a place**'] : []),
    ...holders.map((holder) => line(holder) + (holder.promoting ? ', promotes' : '')),
    ...rest(state.holders.size - holders.length),
    ...(waiters.length > 0 ? ['', '**Wait, in this order**'] : []),
    ...waiters.map(line),
    ...rest(waitingIn(state) - waiters.length),
  ].join('\n');
}

/** What a run that waits says of itself: the label of its timer and a line in its details. */
export function waitText(place: PlaceName, before: number | undefined): string {
  const count = before === undefined ? '' : `, ${before} before it`;
  return `waits for ${clip(placeText(place), TIMER_TEXT_MAX_CHARS - 40)}${count}`;
}
