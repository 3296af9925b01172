import type { Order } from '../core/input.ts';
import { BULK_PER_SECOND_MAX, type BulkReplayInput, CANARY_MAX } from './bulk-replay.ts';
import { PARAMS_MAX_COUNT } from './limits.ts';
import type { ApprovalAnswer, FinishAnswer, LetterEdit, LetterOrder, OrderMessage } from './messages.ts';
import { isDefinition } from './read-definition.ts';
import { isFiniteNumber, isListOf, isMaybe, isObject, isText, isTime, type Members } from './shapes.ts';

/** Who answered and why, in characters: shown in one line of the details. */
const BY_MAX_CHARS = 200;
const REASON_MAX_CHARS = 1_000;

/** Whether the argument of an answer to a run that asks can be used. */
export function isApprovalAnswer(answer: unknown): answer is ApprovalAnswer {
  if (!isObject(answer)) return false;
  const { by = '', reason = '' } = answer;
  return isText(by) && by.length <= BY_MAX_CHARS && isText(reason) && reason.length <= REASON_MAX_CHARS;
}

const FINISHED: ReadonlySet<unknown> = new Set(['succeeded', 'failed', 'timedOut', 'cancelled']);

/** Whether the argument of a callback can be used. */
export function isFinishAnswer(answer: unknown): answer is FinishAnswer {
  if (!isObject(answer)) return false;
  const { status, detail = '' } = answer;
  return FINISHED.has(status) && isText(detail) && detail.length <= REASON_MAX_CHARS;
}

/** A key or the name of a person, and the identity of a fire: all stand in one line. */
const NAME_MAX_CHARS = 200;

/** Whether the argument of an order of this kind can be used. */
export function isOrderMessage(message: unknown, kind: Order['kind']): message is OrderMessage {
  if (!isObject(message) || message['version'] !== 1) return false;
  const { order, definition } = message;
  return isObject(order) && order['kind'] === kind && isOrder(order) && isDefinition(definition);
}

function isOrder(order: Members): boolean {
  const { kind, key, by } = order;
  if (!isName(by) || !isMaybe(key, isName)) return false;
  switch (kind) {
    case 'fire':
      return isName(key) && isName(order['id']) && isMaybe(order['params'], isObject) && isBoolean(order['force']);
    case 'replay':
      return isName(key) && isReplay(order);
    case 'breaker':
      return order['to'] === 'open' || order['to'] === 'closed';
    default:
      return true;
  }
}

function isReplay({ replays, items, last, params }: Members): boolean {
  if (!isObject(replays) || !isName(replays['runId']) || !isName(replays['root'])) return false;
  const isItem = (item: unknown) => isObject(item) && isText(item['eventId']) && isFiniteNumber(item['time']);
  const { ordinal } = replays;
  return (
    Number.isInteger(ordinal) &&
    Number(ordinal) >= 1 &&
    isListOf(items, isItem) &&
    isObject(last) &&
    isMaybe(params, isObject)
  );
}

/** Whether what somebody wants of a dead letter says who and why. */
export function isLetterOrder(order: unknown): order is LetterOrder {
  if (!isObject(order)) return false;
  const { by, reason = '', bulk } = order;
  return isName(by) && isText(reason) && reason.length <= REASON_MAX_CHARS && isMaybe(bulk, isBulk);
}

function isBulk(bulk: unknown): bulk is NonNullable<LetterOrder['bulk']> {
  return isObject(bulk) && isText(bulk['id']) && isTime(bulk['since']);
}

/** Whether a bulk replay can be done of its start input; what it carries itself is not looked at. */
export function isBulkReplayInput(input: unknown): input is BulkReplayInput {
  if (!isObject(input) || input['version'] !== 1) return false;
  const { filter, perSecond, canary, by, reason = '' } = input;
  return (
    isObject(filter) &&
    Object.entries(filter).every(([name, value]) => (TIMES.has(name) ? isTime(value) : isFilterText(value))) &&
    isFiniteNumber(perSecond) &&
    perSecond > 0 &&
    perSecond <= BULK_PER_SECOND_MAX &&
    Number.isInteger(canary) &&
    Number(canary) >= 0 &&
    Number(canary) <= CANARY_MAX &&
    isLetterOrder({ by, reason })
  );
}

/** Members of a filter that are moments. */
const TIMES: ReadonlySet<string> = new Set(['fromAt', 'untilAt']);

/** What a filter compares stands in a query between quotes; only a key may hold others, and that is cut there. */
function isFilterText(value: unknown): boolean {
  return isText(value) && value.length >= 1 && value.length <= NAME_MAX_CHARS;
}

/** Whether the argument of an edit can be used; how large the parameters may be is up to whoever takes them. */
export function isLetterEdit(order: unknown): order is LetterEdit {
  if (!isLetterOrder(order)) return false;
  const { params }: Members = order;
  return isObject(params) && Object.keys(params).length <= PARAMS_MAX_COUNT;
}

function isName(value: unknown): value is string {
  return isText(value) && value.length >= 1 && value.length <= NAME_MAX_CHARS;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
