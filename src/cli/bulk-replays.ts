import type { BulkReplay, BulkReplayList } from '../http/read-api.ts';
import type { Begun, Selected } from '../http/operate-api.ts';
import type { Service } from './api.ts';
import { ask, whoAmI } from './ask.ts';
import type { LetterFilter } from './dead-letters.ts';
import { couldNotRun, type ExitCode } from './exit.ts';
import { moment } from './moment.ts';
import { type Format, giveUp, table } from './output.ts';
import type { By } from './runs.ts';

/** How a bulk replay is done, as it is said on the command line. */
export type Bulk = {
  readonly all?: boolean;
  readonly pace?: string;
  readonly canary?: string;
  /** Without it nothing is replayed: what would be is listed. */
  readonly yes?: boolean;
};

/** Dead letters that a dry run lists for people; -o json has more. */
const LISTED_MAX = 20;
/** Of what was not replayed. */
const NOTES_SHOWN_MAX = 20;
/** Visibility is read whole for it. */
const SELECT_TIMEOUT_MS = 70_000;

/** Replays all dead letters that fit, or says which would be. */
export function replayLetters(
  { limit: _limit, page: _page, ...filter }: LetterFilter,
  { all, pace, canary, yes }: Bulk,
  by: By,
  ...[format, service]: [Format, Service]
): Promise<ExitCode> {
  if (!all && Object.keys(filter).length === 0) {
    const remedy = 'Give an id, or --trigger, --target, --code, --kind or --key, or --all for every open one.';
    return Promise.resolve(giveUp(couldNotRun('dead-letters replay needs to know which', remedy)));
  }
  const body = {
    ...filter,
    ...(all && { all }),
    ...(pace !== undefined && { pace }),
    ...(canary !== undefined && { canary: Number(canary) }),
    by: whoAmI(),
    ...by,
    dryRun: yes !== true,
  };
  const asked = { path: '/v1/dead-letters/replay', body, timeoutMs: SELECT_TIMEOUT_MS };
  return ask(service, asked, format, (answer) => {
    if (yes) return isBegun(answer) ? begunLines(answer) : undefined;
    return isSelection(answer) ? selectionLines(answer) : undefined;
  });
}

/** Shows the bulk replays, or one of them. */
export function replays(id: string | undefined, format: Format, service: Service): Promise<ExitCode> {
  if (id === undefined) {
    return ask(service, { path: '/v1/dead-letters/replays' }, format, (body) =>
      isList(body) ? listLines(body) : undefined,
    );
  }
  const path = `/v1/dead-letters/replays/${encodeURIComponent(id)}`;
  return ask(service, { path }, format, (body) => (isReplay(body) ? replayLines(body, Date.now()) : undefined));
}

/** Stops a bulk replay, and shows how far it came. */
export function stopBulkReplay(id: string, by: By, format: Format, service: Service): Promise<ExitCode> {
  const asked = { path: `/v1/dead-letters/replays/${encodeURIComponent(id)}/stop`, body: { by: whoAmI(), ...by } };
  return ask(service, { ...asked, timeoutMs: SELECT_TIMEOUT_MS }, format, (body) =>
    isReplay(body) ? replayLines(body, Date.now()) : undefined,
  );
}

function selectionLines({ count, beyond, deadLetters }: Selected): readonly string[] {
  if (count === 0) return ['No open dead letter fits.'];
  const shown = deadLetters.slice(0, LISTED_MAX);
  return [
    `${count} open dead letters fit, the oldest first:`,
    ...table(shown.map(({ deadLetterId, trigger, code }) => [deadLetterId, trigger, code])),
    ...(count > shown.length ? [`and ${count - shown.length} more`] : []),
    ...(beyond > 0 ? [`${beyond} more than one bulk replay takes; they are left to another`] : []),
    'Nothing was replayed. --yes replays them.',
  ];
}

function begunLines({ replayId, count }: Begun): readonly string[] {
  if (replayId === undefined) return ['No open dead letter fits.'];
  return [`${replayId} replays ${count} dead letters`, `how it goes: signalbox dead-letters replays ${replayId}`];
}

function listLines({ replays: all }: BulkReplayList): readonly string[] {
  if (all.length === 0) return ['No bulk replay is known.'];
  const rows = all.map(({ replayId, startedAt, running }) => [
    replayId,
    moment(startedAt, Date.now()),
    running ? 'goes on' : 'ended',
  ]);
  return table([['BULK REPLAY', 'SINCE', 'STATE'], ...rows]);
}

/** Everything about one bulk replay. */
function replayLines(replay: BulkReplay, nowMs: number): readonly string[] {
  const { counts, codes, canaries, notes, left, begun, beyond } = replay;
  const not = Object.entries(codes).map(([code, count]) => `${count} ${code}`);
  return [
    ...table([
      ['bulk replay', replay.replayId],
      ['state', replay.why === undefined ? replay.state : `${replay.state}: ${replay.why}`],
      ['by', replay.reason === undefined ? replay.by : `${replay.by}: ${replay.reason}`],
      ['since', moment(replay.startedAt, nowMs)],
      ['replayed', `${counts.replayed} of ${begun + left}, ${left} left`],
      ...(not.length > 0 ? [['not', `${counts.skipped} skipped, ${counts.refused} refused: ${not.join(', ')}`]] : []),
      ...(beyond > 0 ? [['beyond', `${beyond} are left to another bulk replay`]] : []),
      ...canaries.map(({ deadLetterId, runId = 'taken', status = 'goes on' }) => {
        return ['canary', runId === 'taken' ? deadLetterId : `${deadLetterId}: run ${runId} ${status}`];
      }),
    ]),
    ...notes.slice(-NOTES_SHOWN_MAX).map(({ deadLetterId, code, detail }) => `${deadLetterId}  ${code}: ${detail}`),
  ];
}

function isBegun(body: object): body is Begun {
  return 'count' in body;
}

function isSelection(body: object): body is Selected {
  return 'deadLetters' in body && Array.isArray(body.deadLetters) && 'beyond' in body;
}

function isList(body: object): body is BulkReplayList {
  return 'replays' in body && Array.isArray(body.replays);
}

function isReplay(body: object): body is BulkReplay {
  return 'counts' in body && 'canaries' in body && 'notes' in body;
}
