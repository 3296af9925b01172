import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { createTick } from '../../activities/tick.ts';
import type { AcceptOutcome, IncomingEvent } from '../../src/accept/outcome.ts';
import { refusal } from '../../src/errors.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';

const NOW = Date.parse('2026-09-01T20:30:02Z');
const TAKEN: AcceptOutcome = { kind: 'accepted', accepted: [], deadLettered: [] };

function tickWith(outcome: AcceptOutcome, repeats = false) {
  const events: IncomingEvent[] = [];
  const metrics = createMetrics({ version: 'test' });
  metrics.define({ triggers: [], targets: [], sources: ['nightly'] });
  const tick = createTick({
    accept: async (incoming) => {
      events.push(...incoming);
      return outcome;
    },
    repeats: () => repeats,
    log: createLogger({ level: 'silent' }),
    metrics,
    now: () => NOW,
  });
  return { events, metrics, call: () => tick({ source: 'nightly', scheduledAt: Date.parse('2026-09-01T20:30:00Z') }) };
}

describe('a tick', () => {
  it('is an event that came in through its Source, with its time as identity', async () => {
    const { events, metrics, call } = tickWith(TAKEN);
    expect(await call()).toEqual({ outcome: 'accepted' });
    expect(events).toEqual([
      {
        source: 'nightly',
        receivedAt: NOW,
        event: {
          specversion: '1.0',
          id: '2026-09-01T20:30:00.000Z',
          source: 'signalbox/schedules/nightly',
          type: 'signalbox.schedule.ticked',
          subject: 'nightly',
          time: '2026-09-01T20:30:00.000Z',
          datacontenttype: 'application/json',
          data: { schedule: 'nightly', scheduledAt: '2026-09-01T20:30:00.000Z' },
        },
      },
    ]);
    expect(await metrics.text()).toContain('signalbox_events_received_total{source="nightly",outcome="accepted"} 1');
  });

  it('is the same event when it is called again', async () => {
    const { events, call } = tickWith(TAKEN);
    await call();
    await call();
    expect(events[0]).toEqual(events[1]);
  });

  it('is tried again when it was refused', async () => {
    const { call } = tickWith({ kind: 'refused', refusal: refusal('saturated', 'Full.') });
    const failure = await call().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ nonRetryable: false, type: 'saturated' });
  });

  it('says when a trigger could not evaluate it', async () => {
    const letter = {
      index: 0,
      trigger: 'a',
      code: 'mapping_error',
      pointer: '/key',
      detail: '',
      deadLetterId: 'd',
    } as const;
    const { call } = tickWith({ kind: 'accepted', accepted: [], deadLettered: [letter] });
    expect(await call()).toEqual({ outcome: 'deadLettered' });
  });

  it('is left out when clocks were set back and it has been', async () => {
    const { events, call } = tickWith(TAKEN, true);
    expect(await call()).toEqual({ outcome: 'repeated' });
    expect(events).toEqual([]);
  });
});
