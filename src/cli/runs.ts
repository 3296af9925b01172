import type { Service } from './api.ts';
import { ask, whoAmI } from './ask.ts';
import type { ExitCode } from './exit.ts';
import type { Format } from './output.ts';
import { runLines, runsLines, isRun, isRunList } from './runs-text.ts';

/** What to list. */
export type RunFilter = {
  readonly trigger?: string;
  readonly key?: string;
  readonly status?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly page?: string;
};

/** Who orders, and why. */
export type By = { readonly by?: string; readonly reason?: string };

/** Shows a page of runs, newest first. */
export function runs(filter: RunFilter, format: Format, service: Service): Promise<ExitCode> {
  const query = new URLSearchParams(Object.entries(filter)).toString();
  const path = query === '' ? '/v1/runs' : `/v1/runs?${query}`;
  return ask(service, { path }, format, (body) => (isRunList(body) ? runsLines(body, Date.now()) : undefined));
}

/** Shows one run. */
export function run(runId: string, format: Format, service: Service): Promise<ExitCode> {
  const path = `/v1/runs/${encodeURIComponent(runId)}`;
  return ask(service, { path }, format, (body) => (isRun(body) ? runLines(body, Date.now()) : undefined));
}

/** Asks a run to stop. */
export function cancelRun(runId: string, by: By, format: Format, service: Service): Promise<ExitCode> {
  return order(runId, 'cancel', by, service, format, () => [`${runId} was asked to stop`]);
}

/** Answers a run that waits for approval. */
export function answerRun(
  runId: string,
  decision: 'approve' | 'reject',
  by: By,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const done = decision === 'approve' ? 'approved' : 'rejected';
  return order(runId, decision, by, service, format, () => [`${runId} is ${done}`]);
}

function order(
  runId: string,
  what: string,
  by: By,
  ...[service, format, lines]: [Service, Format, () => readonly string[]]
): Promise<ExitCode> {
  const path = `/v1/runs/${encodeURIComponent(runId)}/${what}`;
  return ask(service, { path, body: { by: whoAmI(), ...by } }, format, lines);
}
