import { describe, expect, it } from 'vitest';

import { createEmitEvent } from '../../activities/emit-event.ts';
import type { EmitInput } from '../../activities/interface.ts';
import type { AcceptOutcome, IncomingEvent } from '../../src/accept/outcome.ts';
import { refusal } from '../../src/errors.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { runOf } from './given.ts';

const LINEAGE = { root: 'evt_root', parent: 'sb1-r', depth: 2, path: ['a', 'retrain'] };
const TAKEN: AcceptOutcome = {
  kind: 'accepted',
  accepted: [{ eventId: 'evt_e', source: '/signalbox/retrain', id: 'i', triggers: [] }],
  deadLettered: [],
};

function emitWith(outcome: AcceptOutcome = TAKEN) {
  const came: IncomingEvent[] = [];
  const metrics = createMetrics({ version: 'test' });
  const emit = createEmitEvent({
    accept: async (incoming) => {
      came.push(...incoming);
      return outcome;
    },
    log: createLogger({ level: 'silent' }),
    metrics,
    now: () => 9_000,
  });
  const call = (more: Partial<EmitInput['emission']> = {}, seen: EmitInput['seen'] = {}) =>
    emit({
      trigger: 'retrain',
      run: runOf({ runId: 'sb1-r' }),
      eventCount: 1,
      items: [],
      name: 'succeeded',
      emission: { name: 'succeeded', type: 'model.trained', ...more },
      seen: { status: 'succeeded', detail: null, result: { auc: 0.9 }, ...seen },
      lineage: LINEAGE,
      at: 5_000,
    });
  return { came, metrics, call };
}

describe('an emitted event', () => {
  it('is made of the run alone and comes in with its lineage, the same however often it is made', async () => {
    const { came, metrics, call } = emitWith();
    const data = { auc: '${{ result.auc }}', size: '${{ event.data.size }}' };
    expect(await call({ subject: '${{ key }}', data })).toEqual({ ok: true, eventId: 'evt_e' });
    await call({ subject: '${{ key }}', data });
    expect(came[0]).toEqual(came[1]);
    expect(came[0]).toEqual({
      source: 'signalbox',
      receivedAt: 9_000,
      lineage: LINEAGE,
      event: {
        specversion: '1.0',
        id: 'sb1-r/succeeded',
        source: '/signalbox/retrain',
        type: 'model.trained',
        subject: 'eu',
        time: '1970-01-01T00:00:05.000Z',
        datacontenttype: 'application/json',
        data: { auc: 0.9, size: 7 },
      },
    });
    const text = await metrics.text();
    expect(text).toContain('signalbox_events_received_total{source="signalbox",outcome="accepted"} 2');
  });

  it('is handed back whole where a target is given it too', async () => {
    const { call } = emitWith();
    expect(await call({ to: 'slack' })).toMatchObject({ ok: true, event: { id: 'sb1-r/succeeded' } });
  });

  it.each([
    [{ data: '${{ result.loss }}' }, 'result.loss'],
    [{ subject: '${{ event.data }}' }, '/subject'],
    [{ type: '${{ detail }}' }, 'type'],
    [{ data: '${{ result.huge }}' }, 'larger than 64 KB'],
  ])('that cannot be made of %j says why, and is nowhere', async (emission, why) => {
    const { came, call } = emitWith();
    const emitted = await call(emission, { result: { huge: 'x'.repeat(70_000) } });
    expect(emitted).toMatchObject({ ok: false, detail: expect.stringContaining(why) });
    expect(came).toEqual([]);
  });

  it('is tried again where it was refused', async () => {
    const { call } = emitWith({ kind: 'refused', refusal: refusal('saturated', 'full') });
    await expect(call()).rejects.toMatchObject({ type: 'saturated', nonRetryable: false });
  });
});
