import type { Json, JsonObject } from '../spec/json.ts';
import type { RunRequest } from './fact.ts';
import type { Branch, FanOutLimits } from './fan-out.ts';
import { jsonBytes } from './json-bytes.ts';

/** Bytes of what a fan-out tells of its branches: it goes on as parameters, which have 64 KB, beside a few others. */
const ROWS_MAX_BYTES = 60 * 1_024;
/** Characters kept of why a branch did not succeed: its own run has the rest. */
const DETAIL_MAX_CHARS = 120;

/**
 * The branches as expressions and people see them: `{ value, runId, status, result, detail, late }`. Results that are
 * too large together are left where they are, those over their share: `{ manifest }` says where.
 */
export function branchRows(branches: readonly Branch[]): readonly JsonObject[] {
  const rows = branches.map(({ item, runId, status, detail, late }) => ({
    value: item,
    runId,
    status,
    ...(detail !== undefined && { detail: detail.slice(0, DETAIL_MAX_CHARS) }),
    ...(late && { late }),
  }));
  const room = ROWS_MAX_BYTES - jsonBytes(rows);
  const sizes = branches.map(({ result }) => jsonBytes(result));
  const isSmall = sizes.reduce((sum, bytes) => sum + bytes, 0) <= room;
  const share = isSmall ? Infinity : Math.max(0, room) / branches.length;
  return rows.map((row, index) => {
    const result = branches[index]?.result;
    if (result === undefined) return row;
    return { ...row, result: (sizes[index] ?? 0) <= share ? result : manifestOf(row.runId) };
  });
}

/** What stands for a result that is too large to carry around: where the branch's run is read. */
function manifestOf(runId: string): Json {
  return { manifest: `/v1/runs/${runId}` };
}

const MARKS: { readonly [status in Branch['status']]: string } = {
  waiting: '·',
  running: '⏳',
  notStarted: '·',
  succeeded: '✓',
  failed: '✗',
  timedOut: '✗',
  cancelled: '✗',
};

/** How far a fan-out is, in Markdown: a line a branch. `step` is what it does besides. */
export function fanOutText(branches: readonly Branch[], { quorum }: FanOutLimits, step?: string): string {
  const succeeded = branches.filter(({ status }) => status === 'succeeded').length;
  const lines = branches.map(({ value, runId, status, detail, late }) => {
    const why = detail === undefined ? '' : `: ${detail.slice(0, DETAIL_MAX_CHARS)}`;
    return `- ${MARKS[status]} \`${value}\` ${status}${late ? ', late' : ''}, run \`${runId}\`${why}`;
  });
  const head = `**${succeeded} of ${branches.length} branches succeeded, ${quorum} are needed**`;
  return [head, '', ...lines, ...(step === undefined ? [] : ['', step])].join('\n');
}

/** A branch for people, in Markdown: what it calls, for which value, and what it belongs to. */
export function branchText({
  trigger,
  run,
  branchOf,
  branch,
}: {
  readonly trigger: string;
  readonly run: Pick<RunRequest, 'key' | 'settings'>;
  readonly branchOf: string;
  readonly branch: { readonly value: string };
}): string {
  const what = `**branch** \`${branch.value}\` calls \`${run.settings.target}\``;
  return `${what} for key \`${run.key}\` of trigger \`trigger/${trigger}\`, in fan-out \`${branchOf}\`.`;
}
