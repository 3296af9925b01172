import { setTimeout as delay } from 'node:timers/promises';

import type { EventsReplayed } from '../http/operate-api.ts';
import { callService, problemText, type Service } from './api.ts';
import { ask, tellRefusal, whoAmI } from './ask.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp, tell } from './output.ts';
import { forecastLines, isForecast, isReplayed, isReplayList, replayedLines, replayLine } from './replay-text.ts';

/** How often a replay that goes on is looked at. */
const LOOK_EVERY_MS = 1_000;
/** Looking through many stored events takes seconds. */
const ASK_TIMEOUT_MS = 60_000;

/** What to replay, as it was written. */
export type ReplayArguments = {
  readonly since?: string;
  readonly until?: string;
  readonly pace?: string;
  readonly yes?: boolean;
  readonly again?: boolean;
  readonly detach?: boolean;
  readonly id?: string;
  readonly by?: string;
};

/** Says what a replay of stored events would do, or does it and shows how far it is until it has ended. */
export async function replayEvents(
  trigger: string,
  given: ReplayArguments,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const { since, until, pace, yes = false, again = false, detach = false, id, by = whoAmI() } = given;
  if (since === undefined) {
    return giveUp(couldNotRun('replay needs a span', 'Write --since 24h, or a moment such as 2026-11-21T00:00:00Z.'));
  }
  const body = { since, ...(until !== undefined && { until }), ...(pace !== undefined && { pace }), again, by };
  const headers = id === undefined ? {} : { 'idempotency-key': id };
  const asked = { path: pathOf(trigger), headers, timeoutMs: ASK_TIMEOUT_MS };
  if (!yes) {
    return ask(service, { ...asked, body }, format, (it) => (isForecast(it) ? forecastLines(it, given) : undefined));
  }
  const reply = await callService(service, asked.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...body, dryRun: false }),
    timeoutMs: ASK_TIMEOUT_MS,
  });
  if (!reply.ok) return giveUp(reply);
  if (!isReplayed(reply.body)) return refused(reply.status, reply.body);
  return detach ? shown(reply.body, format) : follow(reply.body, format, service);
}

/** Lists the replays of a trigger. */
export function eventReplays(trigger: string, format: Format, service: Service): Promise<ExitCode> {
  return ask(service, { path: pathOf(trigger, 's') }, format, (body) =>
    isReplayList(body) ? body.replays.map(replayLine) : undefined,
  );
}

/** Shows one replay. */
export function replay(trigger: string, id: string, format: Format, service: Service): Promise<ExitCode> {
  return ask(service, { path: pathOf(trigger, `s/${encodeURIComponent(id)}`) }, format, (body) =>
    isReplayed(body) ? replayedLines(body) : undefined,
  );
}

/** Ends a replay before its next step, or lets it go on. */
export function actOnReplay(
  action: 'stop' | 'resume',
  trigger: string,
  id: string,
  { by = whoAmI() }: { readonly by?: string },
  ...[format, service]: [Format, Service]
): Promise<ExitCode> {
  const path = pathOf(trigger, `s/${encodeURIComponent(id)}/${action}`);
  return ask(service, { path, body: { by } }, format, (body) => (isReplayed(body) ? replayedLines(body) : undefined));
}

/** Shows how far it is whenever it is further. It goes on by itself, whoever looks. */
async function follow(started: EventsReplayed, format: Format, service: Service): Promise<ExitCode> {
  const { trigger, replayId } = started;
  const stop = `signalbox replay stop ${replayId} --trigger ${trigger}`;
  if (started.state === 'running') tell(`It goes on by itself, also when this command ends. To end it: ${stop}`);
  let last = started;
  while (last.state === 'running') {
    await delay(LOOK_EVERY_MS);
    const reply = await callService(service, pathOf(trigger, `s/${encodeURIComponent(replayId)}`));
    if (!reply.ok) return giveUp(reply);
    // A service that is away for a moment says nothing about the replay.
    if (reply.status === 503) continue;
    if (!isReplayed(reply.body)) return refused(reply.status, reply.body);
    if (reply.body.offered !== last.offered) tell(replayLine(reply.body));
    last = reply.body;
  }
  return shown(last, format);
}

function shown(replayed: EventsReplayed, format: Format): ExitCode {
  answer(format, replayed, () => replayedLines(replayed));
  const isFine = replayed.state === 'running' || (replayed.state === 'done' && replayed.why === undefined);
  return isFine ? EXIT.fine : EXIT.no;
}

function refused(status: number, body: object): ExitCode {
  if (status >= 500) return giveUp(couldNotRun(`The service answered ${status} ${problemText(body)}`, 'See its log.'));
  return tellRefusal(body);
}

function pathOf(trigger: string, more = ''): string {
  return `/v1/triggers/${encodeURIComponent(trigger)}/replay${more}`;
}
