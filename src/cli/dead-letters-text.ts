import type { Discarded, Edited, Replayed } from '../http/operate-api.ts';
import type { DeadLetterDetail, DeadLetterList } from '../http/read-api.ts';
import { moment } from './moment.ts';
import { table } from './output.ts';

/** Entries and event ids shown of one dead letter; -o json has all. */
const SHOWN_MAX = 10;

/** One line a dead letter. */
export function lettersLines({ deadLetters, next }: DeadLetterList, nowMs: number): readonly string[] {
  if (deadLetters.length === 0) return ['Nothing needs a person.'];
  const rows = deadLetters.map(({ deadLetterId, trigger, code, openedAt, count, detail }) => [
    deadLetterId,
    trigger,
    code,
    moment(openedAt, nowMs),
    count === undefined ? '?' : String(count),
    detail ?? '',
  ]);
  return [
    ...table([['DEAD LETTER', 'TRIGGER', 'CODE', 'SINCE', 'OF', 'WHY'], ...rows]),
    ...(next === undefined ? [] : [`more: --page ${next}`]),
  ];
}

/** Everything about one dead letter. */
export function letterLines(letter: DeadLetterDetail, nowMs: number): readonly string[] {
  const { run, params, edited, refused, closed, entries, target, key } = letter;
  const row = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value]]);
  const about = table([
    ['dead letter', letter.deadLetterId],
    ['state', letter.state],
    ...row('closed', closed && closedText(closed)),
    ['trigger', `${letter.trigger}, generation ${letter.generation}`],
    ...row('target', target),
    ...row('key', key),
    ['code', `${letter.code} at ${letter.place}`],
    ['since', moment(letter.openedAt, nowMs)],
    ...row('run', run && `${run.runId} (${run.kind}), cause ${run.cause}`),
    ...row('replay', run?.replays && `${run.replays.ordinal} of ${run.replays.root}`),
    ...row('events', run && eventsText(run)),
    ...row('params', params === undefined ? undefined : JSON.stringify(params)),
    ...row('edited', edited && `by ${edited.by}, ${moment(edited.at, nowMs)}`),
    ['attempts', String(letter.attempts ?? 0)],
    ...row('refused', refused && `${refused.code}: ${refused.detail} (${refused.by}, ${moment(refused.at, nowMs)})`),
  ]);
  const shown = entries.slice(-SHOWN_MAX);
  const more = (letter.count ?? shown.length) - shown.length;
  return [
    ...about,
    '',
    ...shown.map(({ id, detail }) => `${id}  ${detail}`),
    ...(more > 0 ? [`and ${more} more before them`] : []),
  ];
}

function closedText({ by, reason, runId, events, called }: NonNullable<DeadLetterDetail['closed']>): string {
  const who = by === undefined ? '' : ` by ${by}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  if (called !== undefined) return `replayed${who}, ${called} took it${why}`;
  if (events !== undefined) return `replayed${who}, ${events} events${why}`;
  return runId === undefined ? `discarded${who}${why}` : `replayed${who} as ${runId}${why}`;
}

function eventsText({ eventCount, eventIds }: NonNullable<DeadLetterDetail['run']>): string {
  const more = eventCount - SHOWN_MAX;
  return `${eventCount}${eventCount > 0 ? `: ${eventIds.slice(0, SHOWN_MAX).join(', ')}` : ''}${more > 0 ? ` and ${more} more` : ''}`;
}

export function isLetterList(body: object): body is DeadLetterList {
  return 'deadLetters' in body && Array.isArray(body.deadLetters);
}

export function isLetter(body: object): body is DeadLetterDetail {
  return 'deadLetterId' in body && 'entries' in body && Array.isArray(body.entries);
}

export function isReplayed(body: object): body is Replayed {
  return 'deadLetterId' in body && ('fate' in body || 'taken' in body || 'called' in body);
}

export function isEdited(body: object): body is Edited {
  return 'deadLetterId' in body && 'params' in body;
}

export function isDiscarded(body: object): body is Discarded {
  return 'deadLetterId' in body && 'reason' in body;
}
