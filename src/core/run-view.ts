import type { RunRequest } from './fact.ts';
import type { Lineage, Replayed } from './lineage.ts';
import type { RunOutcome, Started } from './retry.ts';

/** Event ids listed for people. */
const EVENTS_SHOWN_MAX = 20;

/** A run for people, in Markdown: what it runs, why, and on which events. */
export function runText(input: { trigger: string; run: RunRequest }, timeText: (at: number) => string): string {
  const { trigger, run } = input;
  const ids = run.items.slice(0, EVENTS_SHOWN_MAX).map((item) => `\`${item.eventId}\``);
  const more = run.items.length - ids.length;
  return [
    `**${run.settings.kind}** \`${run.settings.target}\` for key \`${run.key}\` of trigger \`trigger/${trigger}\``,
    '',
    ...(run.replays ? [`Replay ${run.replays.ordinal} of run \`${run.replays.runId}\`.`, ''] : []),
    `Decided at ${timeText(run.firedAt)}, cause **${run.cause}**, generation \`${run.generation}\`${run.mode === 'shadow' ? ', shadow' : ''}.`,
    '',
    ...originOf(run.last.lineage),
    ...replayOf(run.last.replayed),
    `${run.items.length} ${run.items.length === 1 ? 'event' : 'events'}: ${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ].join('\n');
}

/** Which run emitted what started it, in Markdown. */
function originOf(lineage: Lineage | undefined): readonly string[] {
  if (lineage === undefined) return [];
  const { parent, depth, path, root } = lineage;
  return [`Hop ${depth} of a chain: emitted by run \`${parent}\` of ${path.join(' → ')}, begun by \`${root}\`.`, ''];
}

/** Which replay brought events of it once more, in Markdown. */
function replayOf(replayed: Replayed | undefined): readonly string[] {
  if (replayed === undefined) return [];
  return [
    `Stored events came once more by replay \`${replayed.replayId}\`, the last of them \`${replayed.eventId}\`.`,
    '',
  ];
}

/** That it goes on at its target, and where to look, in Markdown. */
export function startedText({ link, detail }: Started): string {
  const where = link === undefined ? '' : ` [Look at it there](${link}).`;
  return `⏳ **It runs at its target.**${where}${detail === undefined ? '' : ` ${detail}`}`;
}

/** How it ended, in Markdown. */
export function outcomeText(outcome: RunOutcome, deadLetterId: string): string {
  if (outcome.kind === 'dead')
    return `**dead letter** \`${deadLetterId}\`: ${outcome.code} at \`${outcome.place}\`: ${outcome.detail}`;
  const letter = outcome.letter ? ` It waits for a person in dead letter \`${deadLetterId}\`.` : '';
  return `**${outcome.status}**${outcome.detail === undefined ? '' : `: ${outcome.detail}`}${letter}`;
}
