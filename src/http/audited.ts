import { randomUUID } from 'node:crypto';

import type { LetterFilter } from '../contract/bulk-replay.ts';
import type { Order } from '../core/input.ts';
import { paceText } from '../core/pace.ts';
import type { ActionRecord, StoreWriter } from '../store/store.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { AskedReplay, OperateApi } from './operate-api.ts';
import type { ReadResult } from './read-api.ts';
import { BY_DEFAULT } from './run-orders.ts';

type About = Pick<ActionRecord, 'by' | 'action' | 'trigger' | 'key' | 'subject'> & { readonly asked?: string };

/** The same, and whatever people do is kept in the store too, refusals among it. History has what was done either way. */
export function audited(
  operate: OperateApi,
  { recordAction }: Pick<StoreWriter, 'recordAction'>,
  now: () => number,
): OperateApi {
  const keep = async <T>(about: About, result: Promise<ReadResult<T>>): Promise<ReadResult<T>> => {
    const { asked, ...named } = about;
    const settled = await result;
    const { refusal } = settled.ok ? {} : settled;
    const outcome = refusal === undefined ? 'done' : isAway(refusal.code) ? 'failed' : 'refused';
    const detail = refusal === undefined ? asked : `${refusal.code}: ${refusal.detail}`;
    recordAction({ id: randomUUID(), at: now(), outcome, ...named, ...(detail !== undefined && { detail }) });
    return settled;
  };
  return {
    cancel: (runId, order) => keep(onOne('cancel', runId, order), operate.cancel(runId, order)),
    // Said by a pipeline, not ordered by a person: history has it.
    finish: (runId, answer) => operate.finish(runId, answer),
    answer: (runId, decision, order) =>
      keep(onOne(decision === 'approved' ? 'approve' : 'reject', runId, order), operate.answer(runId, decision, order)),
    order: (trigger, order) => keep({ ...onTrigger(order), trigger }, operate.order(trigger, order)),
    orderAll: (order) => keep(onTrigger(order), operate.orderAll(order)),
    replayLetter: (id, order) => keep(onOne('replayDeadLetter', id, order), operate.replayLetter(id, order)),
    editLetter: (id, order) => keep(onOne('editDeadLetter', id, order), operate.editLetter(id, order)),
    forecastReplay: (trigger, asked) => operate.forecastReplay(trigger, asked),
    startReplay: (trigger, asked) =>
      keep(
        { action: 'replayEvents', trigger, by: asked.by, asked: spanOf(asked) },
        operate.startReplay(trigger, asked),
      ),
    replays: (trigger) => operate.replays(trigger),
    replay: (trigger, replayId) => operate.replay(trigger, replayId),
    resumeReplay: (trigger, subject, by) =>
      keep({ action: 'resumeReplay', trigger, subject, by }, operate.resumeReplay(trigger, subject, by)),
    stopReplay: (trigger, subject, by) =>
      keep({ action: 'stopReplay', trigger, subject, by }, operate.stopReplay(trigger, subject, by)),
    discardLetter: (id, order) => keep(onOne('discardDeadLetter', id, order), operate.discardLetter(id, order)),
    selectLetters: (filter) => operate.selectLetters(filter),
    replayLetters: (order) =>
      keep(onOne('replayDeadLetters', filterText(order.filter), order), operate.replayLetters(order)),
    stopBulkReplay: (id, order) => keep(onOne('stopBulkReplay', id, order), operate.stopBulkReplay(id, order)),
  };
}

function spanOf({ sinceAt, untilAt, pace }: AskedReplay): string {
  return `what arrived from ${rfc3339(sinceAt)} until ${rfc3339(untilAt)}, ${paceText(pace)}`;
}

function isAway(code: string): boolean {
  return code === 'temporal_unavailable';
}

function onOne(action: string, subject: string, { by = BY_DEFAULT, reason }: { by?: string; reason?: string }): About {
  return { action, subject, by, ...(reason !== undefined && { asked: reason }) };
}

/** Which dead letters, in a line. */
function filterText(filter: LetterFilter): string {
  const asked = Object.entries(filter).map(([name, value]) => `${name}=${value}`);
  return asked.length === 0 ? 'all' : asked.join(' ');
}

function onTrigger(order: Order): About {
  const { kind: action, by, key } = order;
  const about = { action, by, ...(key !== undefined && { key }) };
  switch (order.kind) {
    case 'fire':
      return { ...about, asked: `${order.force ? 'forced, ' : ''}idempotency key ${order.id}` };
    case 'breaker':
      return { ...about, asked: order.to };
    case 'replay':
      return { ...about, asked: `run ${order.replays.runId}` };
    case 'pause':
    case 'resume':
      return about;
  }
}
