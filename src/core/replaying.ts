import { paceText } from './pace.ts';

/**
 * Events one replay brings at most: half of the identities that an instance remembers, so that those of its own events
 * stay known.
 */
export const REPLAY_EVENTS_MAX = 10_000;

/** How far a replay of stored events is. */
export type ReplayProgress = {
  /** Events that were offered to the trigger. */
  readonly offered: number;
  /** Events that became dead letters: an expression failed on them. */
  readonly failed: number;
  /** Stored events of the span that the trigger does not take. */
  readonly notTaken: number;
  /** Stored events of the span of which only parts are kept. */
  readonly partial: number;
  /** The last stored event that was looked at; none yet where it is absent. */
  readonly after?: { readonly receivedAt: number; readonly eventId: string };
};

export const NOTHING_REPLAYED: ReplayProgress = { offered: 0, failed: 0, notTaken: 0, partial: 0 };

/** What one step of a replay looked at. `done`: there is nothing behind it. */
export type ReplayStep = ReplayProgress & { readonly done: boolean };

/** How a replay ended. `refused` says by a code of the catalogue why it could not go on. */
export type ReplayEnd =
  | { readonly kind: 'done' | 'full' }
  | { readonly kind: 'stopped'; readonly by: string }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

/** The progress after one more step. */
export function progressed(before: ReplayProgress, step: ReplayProgress): ReplayProgress {
  const after = step.after ?? before.after;
  return {
    offered: before.offered + step.offered,
    failed: before.failed + step.failed,
    notTaken: before.notTaken + step.notTaken,
    partial: before.partial + step.partial,
    ...(after && { after }),
  };
}

/** Events it brought, those that failed among them. */
export function broughtBy({ offered, failed }: ReplayProgress): number {
  return offered + failed;
}

/** Why a replay may end with fewer events than were counted before. */
export const SHORT = 'Fewer than were counted: the store has lost some of them, or the trigger was changed meanwhile.';

/** A replay for people, in Markdown. */
export function replayText(
  of: {
    readonly trigger: string;
    readonly replayId: string;
    readonly sinceAt: number;
    readonly untilAt: number;
    readonly pace: number;
    readonly expected: number;
    readonly by: string;
  },
  progress: ReplayProgress,
  end: ReplayEnd | undefined,
  timeText: (at: number) => string,
): string {
  const { failed, notTaken, partial, after } = progress;
  const rest = [
    ...(failed > 0 ? [`${failed} of them became dead letters`] : []),
    ...(notTaken > 0 ? [`${notTaken} others are not taken by it`] : []),
    ...(partial > 0 ? [`${partial} are kept only in parts`] : []),
  ];
  const span = `from ${timeText(of.sinceAt)} until ${timeText(of.untilAt)}`;
  return [
    `**Replay** \`${of.replayId}\` of stored events through \`trigger/${of.trigger}\`, ${span}, ${paceText(of.pace)}, by ${of.by}.`,
    '',
    `${broughtBy(progress)} of ${of.expected} events${rest.map((one) => `; ${one}`).join('')}.`,
    ...(after ? [`It is at ${timeText(after.receivedAt)}.`] : []),
    ...(end ? ['', endText(end)] : []),
    ...(end?.kind === 'done' && broughtBy(progress) < of.expected ? [SHORT] : []),
  ].join('\n');
}

function endText(end: ReplayEnd): string {
  switch (end.kind) {
    case 'done':
      return '**Done.**';
    case 'full':
      return `**Ended** at ${REPLAY_EVENTS_MAX} events, the most that one replay brings.`;
    case 'stopped':
      return `**Stopped** by ${end.by}.`;
    case 'refused':
      return `**Ended**: ${end.code}: ${end.detail}`;
  }
}
