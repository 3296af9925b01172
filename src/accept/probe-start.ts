import { SEARCH_ATTRIBUTE, TASK_QUEUE } from '../contract/names.ts';
import { probeId, type ProbeInput, type ProbeMemo, type ProbeSettings } from '../contract/probes.ts';
import type { LoadedTrigger } from '../load/definitions.ts';

/** How often a trigger is probed by itself, by its definition. */
export function probeSettings({ spec, loadedAt }: Pick<LoadedTrigger, 'spec' | 'loadedAt'>): ProbeSettings {
  const { every } = spec.probe ?? {};
  return { loadedAt, ...(every !== undefined && { everyMs: every }) };
}

/** How the workflow that probes a trigger is started, by whatever comes to it first. */
export function probeStart(trigger: string, settings: ProbeSettings) {
  const input: ProbeInput = { version: 1, trigger, settings };
  const probe: ProbeMemo = { settings };
  return {
    workflowId: probeId(trigger),
    taskQueue: TASK_QUEUE,
    args: [input],
    staticSummary: `probes ${trigger}`,
    memo: { probe },
    typedSearchAttributes: [{ key: SEARCH_ATTRIBUTE.trigger, value: trigger }],
  };
}
