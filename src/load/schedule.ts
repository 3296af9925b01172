import type { ScheduleSpec } from '../spec/source.ts';
import type { Schedule } from './definitions.ts';
import { type Problem, warning } from './finding.ts';
import { compileAt } from './times.ts';

/** Each time is a workflow of its own, about ten events of history: below this they are thousands an hour. */
const FREQUENT_MS = 10_000;
const HOUR_MS = 3_600_000;

/** Reads when a schedule makes events; without a schedule something is wrong with it. */
export function compileSchedule(
  spec: ScheduleSpec,
  nowMs: number,
): { readonly schedule?: Schedule; readonly problems: readonly Problem[] } {
  if ('every' in spec) return { schedule: { kind: 'every', everyMs: spec.every }, problems: frequent(spec.every) };
  const at = compileAt(spec, ['spec'], nowMs);
  if (!at.ok) return { problems: at.problems };
  return { schedule: { kind: 'cron', text: spec.cron, ...at.value }, problems: [] };
}

function frequent(everyMs: number): readonly Problem[] {
  if (everyMs >= FREQUENT_MS) return [];
  const message = `makes ${HOUR_MS / everyMs} events an hour, each a workflow of its own`;
  return [warning(['spec', 'every'], message, 'Make it 10s or longer, unless this is for a test.')];
}
