import type { RunDetail, RunList, RunSummary } from '../http/read-api.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';
import { table } from './output.ts';

/** One line a run. */
export function runsLines({ runs, next }: RunList, nowMs: number): readonly string[] {
  if (runs.length === 0) return ['No run is there.'];
  const rows = runs.map((run) => [
    run.runId,
    run.trigger,
    run.key,
    statusText(run, nowMs),
    moment(run.startedAt, nowMs),
    counted(run.eventCount, 'event'),
  ]);
  return [
    ...table([['RUN', 'TRIGGER', 'KEY', 'STATUS', 'STARTED', 'OF'], ...rows]),
    ...(next === undefined ? [] : [`more: --page ${next}`]),
  ];
}

/** Everything about one run. */
export function runLines(run: RunDetail, nowMs: number): readonly string[] {
  const { approval, lineage, replayed, reason, result, branches, branchOf } = run;
  const about = table([
    ['run', run.runId],
    ['trigger', run.trigger],
    ['key', run.key],
    ['target', `${run.target} (${run.kind})`],
    ['cause', `${run.cause}, ${counted(run.eventCount, 'event')}`],
    ...(replayed === undefined ? [] : [['replay', `${replayed.replayId}, of ${replayed.eventId}`]]),
    ...(lineage === undefined ? [] : [['from', `${lineage.parent}, hop ${lineage.depth} since ${lineage.root}`]]),
    ['status', statusText(run, nowMs)],
    ['started', moment(run.startedAt, nowMs)],
    ...(run.endedAt === undefined ? [] : [['ended', moment(run.endedAt, nowMs)]]),
    ...(approval === undefined ? [] : [['approval', approvalText(approval, nowMs)]]),
    ...(reason === undefined ? [] : [['reason', reason]]),
    ...(branchOf === undefined ? [] : [['branch', `${run.branch} of ${branchOf}`]]),
    // Its branches say the same, below.
    ...(result === undefined || branches ? [] : [['result', JSON.stringify(result)]]),
  ]);
  return branches ? [...about, '', ...branchLines(branches)] : about;
}

function branchLines(branches: NonNullable<RunDetail['branches']>): readonly string[] {
  const rows = branches.map(({ value, runId, status, late, result, detail }) => [
    String(value),
    late ? `${status}, late` : status,
    runId,
    detail ?? (result === undefined ? '' : JSON.stringify(result)),
  ]);
  return table([['BRANCH', 'STATUS', 'RUN', 'CAME TO'], ...rows]);
}

function statusText({ status, approval }: RunSummary, nowMs: number): string {
  if (status === 'waitingForPlace') return 'waits for a lane or pool';
  return status === 'waitingForApproval' && approval?.state === 'waiting'
    ? `waits for approval until ${moment(approval.until, nowMs)}`
    : status;
}

function approvalText(approval: NonNullable<RunSummary['approval']>, nowMs: number): string {
  if (approval.state === 'waiting') {
    const then = approval.onTimeout === 'approve' ? 'approved' : 'rejected';
    return `waits until ${moment(approval.until, nowMs)}, then ${then} (${approval.why})`;
  }
  const { state, by, at, reason } = approval;
  return `${state} by ${by}, ${moment(at, nowMs)}${reason === undefined ? '' : `: ${reason}`}`;
}

export function isRunList(body: object): body is RunList {
  return 'runs' in body && Array.isArray(body.runs);
}

export function isRun(body: object): body is RunDetail {
  return 'runId' in body && 'startedAt' in body && 'eventCount' in body;
}
