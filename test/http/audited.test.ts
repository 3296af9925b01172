import { expect, test } from 'vitest';

import { refusal } from '../../src/errors.ts';
import { audited } from '../../src/http/audited.ts';
import type { OperateApi } from '../../src/http/operate-api.ts';
import type { ActionRecord } from '../../src/store/store.ts';
import { NOTHING_DONE, NOW } from './service.ts';

const no = (code: 'run_ended' | 'temporal_unavailable') => async () => ({
  ok: false as const,
  refusal: refusal(code, 'No.'),
});

function given(over: Partial<OperateApi> = {}) {
  const kept: ActionRecord[] = [];
  const operate: OperateApi = {
    ...NOTHING_DONE,
    replayLetter: async (deadLetterId) => ({ ok: true, value: { deadLetterId, runId: 'r2', fate: 'started' } }),
    cancel: no('run_ended'),
    finish: async (runId, { status }) => ({ ok: true, value: { runId, status } }),
    answer: async (runId, decision) => ({ ok: true, value: { runId, decision, by: 'ann', at: '' } }),
    order: async (trigger) => ({ ok: true, value: { trigger, changed: true, decided: [], more: 0 } }),
    orderAll: no('temporal_unavailable'),
    ...over,
  };
  return { kept, api: audited(operate, { recordAction: (action) => void kept.push(action) }, () => NOW) };
}

test('what was done is kept, with who, to what and why', async () => {
  const { kept, api } = given();
  const answered = await api.answer('r1', 'approved', { by: 'ann', reason: 'seen' });
  expect(answered).toMatchObject({ ok: true, value: { runId: 'r1' } });
  await api.order('retrain', { kind: 'pause', key: 'eu', by: 'bob' });
  await api.order('retrain', { kind: 'fire', key: 'eu', id: 'once', force: true, by: 'bob' });
  await api.order('retrain', { kind: 'breaker', to: 'open', by: 'bob' });
  const id = expect.any(String);
  expect(kept).toEqual([
    { id, at: NOW, outcome: 'done', action: 'approve', subject: 'r1', by: 'ann', detail: 'seen' },
    { id, at: NOW, outcome: 'done', action: 'pause', trigger: 'retrain', key: 'eu', by: 'bob' },
    {
      id,
      at: NOW,
      outcome: 'done',
      action: 'fire',
      trigger: 'retrain',
      key: 'eu',
      by: 'bob',
      detail: 'forced, idempotency key once',
    },
    { id, at: NOW, outcome: 'done', action: 'breaker', trigger: 'retrain', by: 'bob', detail: 'open' },
  ]);
});

test('what was refused or could not be done is kept too', async () => {
  const { kept, api } = given();
  expect(await api.cancel('r1', {})).toMatchObject({ ok: false });
  await api.orderAll({ kind: 'resume', by: 'ann' });
  expect(kept).toMatchObject([
    { action: 'cancel', subject: 'r1', by: 'api', outcome: 'refused', detail: 'run_ended: No.' },
    { action: 'resume', by: 'ann', outcome: 'failed', detail: 'temporal_unavailable: No.' },
  ]);
});

test('what is done with a dead letter is kept too, and what was refused', async () => {
  const { kept, api } = given();
  await api.replayLetter('dead-letter/r1', { by: 'ann', reason: 'renamed' });
  await api.editLetter('dead-letter/r1', { params: {}, by: 'ann' });
  await api.discardLetter('dead-letter/r1', { by: 'ann', reason: 'old' });
  const about = { id: expect.any(String), at: NOW, subject: 'dead-letter/r1', by: 'ann' };
  const detail = 'not_found: There is no such thing.';
  expect(kept).toEqual([
    { ...about, action: 'replayDeadLetter', outcome: 'done', detail: 'renamed' },
    { ...about, action: 'editDeadLetter', outcome: 'refused', detail },
    { ...about, action: 'discardDeadLetter', outcome: 'refused', detail },
  ]);
});
