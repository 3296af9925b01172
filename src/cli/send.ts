import { setTimeout as delay } from 'node:timers/promises';

import type { RunDetail } from '../http/read-api.ts';
import { callService, problemText, type Reply, type Service, violationsOf } from './api.ts';
import { type CouldNotRun, couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { counted } from '../explain/counted.ts';
import { answer, type Format, giveUp, tell } from './output.ts';
import { readInput } from './read-input.ts';
import { type EventRequest, requestsOf } from './send-input.ts';
import { isAcknowledgement, type Refused, reportLines, type SendReport } from './send-report.ts';

/** The service waits no longer for decisions than this. */
export const WAIT_MAX_SECONDS = 60;
/** How often a request is sent again after 429 or 503, and the longest wait between two: half a minute of trouble passes. */
const RETRIES_MAX = 5;
const RETRY_AFTER_MAX_SECONDS = 30;
/** The service gives up on a commit after 8 seconds; this is for its answer on top of what was waited for. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Runs looked up after a wait; the report names all others by id. */
const RUNS_SHOWN_MAX = 20;

export type SendOptions = {
  /** Seconds to wait for the decisions. */
  readonly wait?: number;
  /** Adds the members that an event must have and these have not. */
  readonly fill: boolean;
};

/** Sends the events of a file. A no is an event that was refused or dead-lettered. */
export async function send(name: string, options: SendOptions, format: Format, service: Service): Promise<ExitCode> {
  const input = await readInput(name);
  const wanted = input.ok ? requestsOf(input.bytes, options) : input;
  if (!wanted.ok) return giveUp(wanted);
  let report: SendReport = {
    accepted: [],
    deadLettered: [],
    refused: [],
    verdicts: [],
    unmatched: [],
    runs: [],
    undecided: false,
  };
  for (const request of wanted.requests) {
    const reply = await post(service, request, options.wait);
    if (!reply.ok) {
      if (report.accepted.length > 0) tell(`${counted(report.accepted.length, 'event')} accepted before this:`);
      return giveUp(reply);
    }
    report = extended(report, request, reply, options);
  }
  report = { ...report, runs: await startedRuns(service, report) };
  answer(format, report, () => reportLines(report));
  if (!options.fill && format === 'text' && report.refused.some(lacksMembers)) tell('  --fill adds what is missing.');
  const bad = report.refused.length + report.deadLettered.length;
  return bad > 0 || report.verdicts.some(({ kind }) => kind === 'deadLettered') ? EXIT.no : EXIT.fine;
}

/** One request until it is answered for good. Sending again is safe: the same source and id is the same event. */
async function post(service: Service, request: EventRequest, wait: number | undefined): Promise<Reply | CouldNotRun> {
  const prefer = wait === undefined ? {} : { prefer: `wait=${wait}` };
  for (let tries = 0; ; tries += 1) {
    const reply = await callService(service, '/events', {
      method: 'POST',
      headers: { 'content-type': request.contentType, ...prefer },
      body: request.body,
      timeoutMs: ANSWER_TIMEOUT_MS + (wait ?? 0) * 1_000,
    });
    if (!reply.ok || (reply.status !== 429 && reply.status !== 503)) return reply;
    const problem = problemText(reply.body);
    if (tries === RETRIES_MAX)
      return couldNotRun(`Not accepted after ${tries + 1} tries. ${problem}`, 'Send it again later.');
    const seconds = waitSeconds(reply.headers.get('retry-after'));
    tell(`Trying again in ${seconds}s. ${problem}`);
    await delay(seconds * 1_000);
  }
}

function waitSeconds(retryAfter: string | null): number {
  const asked = Number(retryAfter ?? '1');
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 1), RETRY_AFTER_MAX_SECONDS) : 1;
}

function extended(report: SendReport, { first }: EventRequest, reply: Reply, { wait }: SendOptions): SendReport {
  const { body, status } = reply;
  if (!isAcknowledgement(body) || status >= 300) {
    const refused: Refused = { first, status, problem: problemText(body), violations: violationsOf(body) };
    return { ...report, refused: [...report.refused, refused] };
  }
  const deadLettered = body.deadLettered.map((one) => {
    return { ...one, eventId: body.accepted[one.index]?.eventId ?? '', index: first + one.index };
  });
  return {
    ...report,
    accepted: [...report.accepted, ...body.accepted],
    deadLettered: [...report.deadLettered, ...deadLettered],
    verdicts: [...report.verdicts, ...(body.verdicts ?? [])],
    unmatched: [...report.unmatched, ...(body.unmatched ?? [])],
    undecided: report.undecided || (wait !== undefined && body.verdicts === undefined),
  };
}

async function startedRuns(service: Service, { verdicts }: SendReport): Promise<readonly RunDetail[]> {
  const runIds = new Set(verdicts.flatMap((verdict) => (verdict.kind === 'started' ? [verdict.runId] : [])));
  const runs: RunDetail[] = [];
  for (const runId of [...runIds].slice(0, RUNS_SHOWN_MAX)) {
    const reply = await callService(service, `/v1/runs/${encodeURIComponent(runId)}`);
    if (reply.ok && isRun(reply.body)) runs.push(reply.body);
  }
  return runs;
}

function isRun(body: object): body is RunDetail {
  return 'runId' in body && 'status' in body && 'target' in body;
}

function lacksMembers({ violations }: Refused): boolean {
  return violations.some(({ pointer }) => /\/(id|source|specversion)$/.test(pointer));
}
