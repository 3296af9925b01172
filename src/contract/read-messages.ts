import type { CallAgain, DeadLetterEntry } from '../core/dead-letters.ts';
import type { ApprovalReport, RunReport, RunRequest } from '../core/fact.ts';
import type { Lineage, Replayed } from '../core/lineage.ts';
import type { Delivery } from '../core/verdicts.ts';
import type { Definition } from '../spec/definition.ts';
import { isDefinition } from './read-definition.ts';
import { isFiniteNumber, isListOf, isMaybe, isObject, isText, isTime } from './shapes.ts';
import type { Segment } from './spill.ts';

/** What of a batch can be used; `refused` says what cannot, one line each. */
export type ReadBatch = {
  readonly offers: readonly Delivery[];
  readonly reports: readonly RunReport[];
  readonly approvals: readonly ApprovalReport[];
  readonly segments: readonly Segment[];
  readonly definition?: Definition;
  readonly pause: boolean;
  readonly refused: readonly string[];
};

/**
 * Reads what a signal brought, whoever sent it: anyone who reaches Temporal may. Looks at as much of the shape as the
 * instance relies on, and never throws: an exception in a handler would stop the instance.
 */
export function readBatch(batch: unknown): ReadBatch {
  if (!isObject(batch)) return nothing('a batch that is no object');
  if (batch['version'] !== 1) return nothing(`a batch of version ${String(batch['version']).slice(0, 20)}`);
  const refused: string[] = [];
  const { definition, approvals = [], segments = [] } = batch;
  if (definition !== undefined && !isDefinition(definition)) refused.push('a definition');
  return {
    offers: listOf(batch['offers'], isDelivery, 'offer', refused),
    reports: listOf(batch['reports'], isReport, 'report', refused),
    approvals: listOf(approvals, isApproval, 'approval', refused),
    segments: listOf(segments, isSegment, 'segment', refused),
    ...(isDefinition(definition) && { definition }),
    pause: batch['pause'] === true,
    refused,
  };
}

/** Reads the entries of a signal to a dead letter, and how many could not be used. Never throws. */
export function readEntries(batch: unknown): {
  readonly entries: readonly DeadLetterEntry[];
  readonly refused: readonly string[];
} {
  const refused: string[] = [];
  const entries = listOf(isObject(batch) ? batch['entries'] : undefined, isEntry, 'entry', refused);
  return { entries, refused };
}

/** The longest a caller may wait for verdicts: a timer must not outlive the callers of HTTP by much. */
const WAIT_MAX_MS = 120_000;

/** Whether the argument of the update that asks for verdicts can be used. */
export function isVerdictsQuestion(asked: unknown): boolean {
  if (!isObject(asked)) return false;
  const { waits, waitMs } = asked;
  return Array.isArray(waits) && waits.every(isText) && isTime(waitMs) && Number(waitMs) <= WAIT_MAX_MS;
}

function nothing(why: string): ReadBatch {
  return { offers: [], reports: [], approvals: [], segments: [], pause: false, refused: [why] };
}

function listOf<T>(list: unknown, is: (one: unknown) => one is T, what: string, refused: string[]): readonly T[] {
  if (!Array.isArray(list)) {
    refused.push(`a batch without its list of ${what}s`);
    return [];
  }
  const all: readonly unknown[] = list;
  const good = all.filter(is);
  if (good.length < all.length) refused.push(`${all.length - good.length} of ${all.length} ${what}s`);
  return good;
}

function isDelivery(value: unknown): value is Delivery {
  if (!isObject(value)) return false;
  const { eventId, body, receivedAt, key, time, event, order, amount, size } = value;
  const { by, identity, part, traceparent, wait, lineage, replayed } = value;
  return (
    isText(eventId) &&
    eventId.startsWith('evt_') &&
    isText(body) &&
    isTime(receivedAt) &&
    isText(key) &&
    // An event may be dated before 1970.
    isMaybe(time, isFiniteNumber) &&
    isMaybe(event, isObject) &&
    isMaybe(order, isOrder) &&
    isMaybe(amount, isFiniteNumber) &&
    isMaybe(size, isTime) &&
    isMaybe(lineage, isLineage) &&
    isMaybe(replayed, isReplayed) &&
    [by, identity, part, traceparent, wait].every((one) => isMaybe(one, isText))
  );
}

function isLineage(value: unknown): value is Lineage {
  if (!isObject(value)) return false;
  const { root, parent, depth, path } = value;
  return isText(root) && isText(parent) && Number.isInteger(depth) && Number(depth) > 0 && isListOf(path, isText);
}

function isReplayed(value: unknown): value is Replayed {
  return isObject(value) && isText(value['eventId']) && isText(value['replayId']);
}

function isOrder(value: unknown): value is number | string {
  return isText(value) || isFiniteNumber(value);
}

const STATUSES: ReadonlySet<unknown> = new Set<RunReport['status']>([
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'deadLettered',
  'rejected',
  'skipped',
]);

function isReport(value: unknown): value is RunReport {
  if (!isObject(value)) return false;
  const { runId, key, status, firedAt, endedAt, began } = value;
  const isNamed = isText(runId) && isText(key) && STATUSES.has(status);
  return isNamed && isMaybe(firedAt, isTime) && isMaybe(endedAt, isTime) && (began === undefined || began === false);
}

function isSegment(value: unknown): value is Segment {
  return (
    isObject(value) && Number.isInteger(value['segment']) && Number(value['segment']) > 0 && isText(value['runId'])
  );
}

function isApproval(value: unknown): value is ApprovalReport {
  if (!isObject(value)) return false;
  const { runId, key, firedAt, approvedAt } = value;
  return isText(runId) && isText(key) && isTime(firedAt) && isMaybe(approvedAt, isTime);
}

function isCall(value: unknown): value is CallAgain {
  if (!isObject(value)) return false;
  const { name, place, target, params, seen } = value;
  return isText(name) && isText(place) && isText(target) && isObject(params) && isObject(seen);
}

function isEntry(value: unknown): value is DeadLetterEntry {
  if (!isObject(value)) return false;
  const { at, id, key, detail, event, via, lineage, replayed, run, call } = value;
  const isShown = isTime(at) && isText(id) && isMaybe(key, isText) && isText(detail);
  return (
    isShown &&
    isMaybe(event, isObject) &&
    isMaybe(via, isText) &&
    isMaybe(lineage, isLineage) &&
    isMaybe(replayed, isReplayed) &&
    isMaybe(call, isCall) &&
    (run === undefined || isRun(run))
  );
}

/** As much of a run as a replay of it relies on. */
function isRun(value: unknown): value is RunRequest {
  if (!isObject(value)) return false;
  const { runId, key, items, last, params } = value;
  return isText(runId) && isText(key) && Array.isArray(items) && isObject(last) && isMaybe(params, isObject);
}
