import { defineSearchAttributeKey } from '@temporalio/common';

/** Workers poll this queue; one deployment of Signalbox a namespace. */
export const TASK_QUEUE = 'signalbox';

/** The source name of events that runs emit, in selectors and metrics; no Source may take it. */
export const EMITTED_SOURCE = 'signalbox';

/** Workflow types; the exports of workflows/index.ts carry the same names. */
export const WORKFLOW = {
  trigger: 'trigger',
  run: 'run',
  branch: 'branch',
  deadLetter: 'deadLetter',
  tick: 'tick',
  spill: 'spill',
  lane: 'lane',
  replay: 'replay',
  probe: 'probe',
  bulkReplay: 'bulkReplay',
} as const;

/** Whether a workflow type is that of a run, or of a branch of one. */
export function isRunType(type: string | null | undefined): boolean {
  return type === WORKFLOW.run || type === WORKFLOW.branch;
}

/** The instance of a trigger. */
export function instanceId(trigger: string): string {
  return `trigger/${trigger}`;
}

/** The trigger whose instance has this id; undefined where it is the id of something else. */
export function triggerOf(workflowId: string): string | undefined {
  const [first, trigger, ...more] = workflowId.split('/');
  return first === 'trigger' && more.length === 0 ? trigger : undefined;
}

/** A segment: what is kept for an instance that has no room. */
export function segmentId(trigger: string, segment: number): string {
  return `${instanceId(trigger)}/spill/${segment}`;
}

/** Events of one trigger that fail in one place under one generation share an open dead letter. */
export function eventsDeadLetterId(of: { trigger: string; generation: string; code: string; place: string }): string {
  return `dead-letter/${of.trigger}/${of.generation}/${of.code}/${of.place}`;
}

/** A run that needs a person has a dead letter of its own. */
export function runDeadLetterId(runId: string): string {
  return `dead-letter/${runId}`;
}

/** The dead letter that a person means: by its id, or by that of its run. */
export function deadLetterIdOf(named: string): string {
  return named.startsWith('dead-letter/') ? named : runDeadLetterId(named);
}

/** A dead letter by less than its id; `deadLetterIdOf` gives the id again. */
export function letterName(deadLetterId: string): string {
  return deadLetterId.replace(/^dead-letter\//, '');
}

/** The bulk replay that a person means: by its id, or by what is behind `bulk-replay/`. */
export function bulkReplayId(named: string): string {
  return named.startsWith('bulk-replay/') ? named : `bulk-replay/${named}`;
}

/** What people filter by in the Temporal UI. */
export const SEARCH_ATTRIBUTE = {
  trigger: defineSearchAttributeKey('SignalboxTrigger', 'KEYWORD'),
  key: defineSearchAttributeKey('SignalboxKey', 'KEYWORD'),
  target: defineSearchAttributeKey('SignalboxTarget', 'KEYWORD'),
  outcome: defineSearchAttributeKey('SignalboxOutcome', 'KEYWORD'),
  cause: defineSearchAttributeKey('SignalboxCause', 'KEYWORD'),
} as const;

/** The outcome of a run that waits for a person; it is none yet. */
export const WAITING_FOR_APPROVAL = 'waitingForApproval';
/** The same of one that waits for a place in a lane or pool. */
export const WAITING_FOR_PLACE = 'waitingForPlace';

export const SEARCH_ATTRIBUTE_NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTE).map((key) => key.name);
