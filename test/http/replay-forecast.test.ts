import { describe, expect, it } from 'vitest';

import type { Offer } from '../../src/core/offer.ts';
import { initialState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { REPLAY_EVENTS_MAX } from '../../src/core/replaying.ts';
import { forecast, selectEvents } from '../../src/http/replay-forecast.ts';
import type { LoadedTrigger } from '../../src/load/load.ts';
import { refusal } from '../../src/errors.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import type { StoredEvent, StoreReader } from '../../src/store/store.ts';
import { triggerOf } from '../accept/given.ts';

const T0 = Date.UTC(2026, 8, 1);
const HOUR = 3_600_000;
const SPAN = { sinceAt: T0, untilAt: T0 + HOUR };
const PATTERN = 'events: { pattern: { type: [t] } }';

function stored(count: number, more: (index: number) => JsonObject = () => ({})): readonly StoredEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    eventId: `evt_${index}`,
    receivedAt: T0 + index,
    deliveries: 1,
    via: 'events',
    takenBy: [],
    failedIn: [],
    pruned: false,
    event: { specversion: '1.0', id: `${index}`, source: '/s', type: 't', data: {}, ...more(index) },
  }));
}

const storeOf = (events: readonly StoredEvent[]): StoreReader['eventsBetween'] =>
  async function* ({ sinceAt, untilAt }) {
    yield { ok: true, value: events.filter(({ receivedAt: at }) => at >= sinceAt && at < untilAt) };
  };

async function offersOf(trigger: LoadedTrigger, events: readonly StoredEvent[]): Promise<readonly Offer[]> {
  const selected = await selectEvents(storeOf(events), trigger, 'rpl_1', SPAN);
  if (!selected.ok) throw new Error(selected.refusal.detail);
  return selected.selection.offers;
}

async function foreseen(spec: readonly string[], count: number, pace = 10) {
  const trigger = await triggerOf(PATTERN, ...spec);
  const offers = await offersOf(trigger, stored(count));
  const state = initialState(trigger.definition);
  return forecast(trigger, state, { offers }, { startAt: T0 + 2 * HOUR, pace });
}

describe('what a replay would bring', () => {
  it('is what the trigger takes now, and what else there is', async () => {
    const trigger = await triggerOf("events: { pattern: { type: [t] }, when: 'event.data.n > 1' }");
    const whole = stored(5, (index) => ({ data: index === 4 ? {} : { n: index } }));
    const [part] = stored(1);
    const events = part ? [...whole, { ...part, eventId: 'evt_p', pruned: true }] : whole;
    const some = await selectEvents(storeOf(events), trigger, 'rpl_1', SPAN);
    expect(some).toMatchObject({ ok: true, selection: { failed: 1, notTaken: 2, partial: 1 } });
    expect(some.ok && some.selection.offers).toHaveLength(2);
    expect(await selectEvents(storeOf([]), trigger, 'rpl_1', SPAN)).toMatchObject({
      refusal: { code: 'nothing_to_replay' },
    });
  });

  it('says since when there are events where the span begins before', async () => {
    const trigger = await triggerOf(PATTERN);
    const early = { sinceAt: T0 - HOUR, untilAt: T0 + HOUR };
    const selected = await selectEvents(storeOf(stored(1)), trigger, 'rpl_1', early);
    expect(selected).toMatchObject({ ok: true, selection: { keptSinceAt: T0 } });
    const other = await triggerOf('events: { pattern: { type: [other] } }');
    expect(await selectEvents(storeOf(stored(1)), other, 'rpl_1', early)).toMatchObject({
      refusal: { code: 'nothing_to_replay', detail: expect.stringContaining('has events since 2026-09-01T00:00:00') },
    });
  });

  it('is refused where it is too much, with where to cut it', async () => {
    const trigger = await triggerOf(PATTERN);
    const selected = await selectEvents(storeOf(stored(REPLAY_EVENTS_MAX + 1)), trigger, 'rpl_1', SPAN);
    const detail = `Replay it in parts, the first until ${new Date(T0 + REPLAY_EVENTS_MAX).toISOString()}.`;
    expect(selected).toMatchObject({
      refusal: { code: 'replay_too_large', detail: expect.stringContaining(detail) },
    });
  });

  it('is refused where the store is', async () => {
    const trigger = await triggerOf(PATTERN);
    const off = { ok: false, refusal: refusal('store_off', 'There is none.') } as const;
    const noStore: StoreReader['eventsBetween'] = async function* () {
      yield off;
    };
    expect(await selectEvents(noStore, trigger, 'rpl_1', SPAN)).toEqual(off);
  });
});

describe('what a trigger would make of a replay', () => {
  it('is one run each, or one of a window that the pace does not let end', async () => {
    expect(await foreseen([], 20)).toEqual({ runs: 20, suppressed: {}, deadLettered: 0, waiting: 0 });
    expect(await foreseen(['debounce: { quiet: 5s }'], 20)).toMatchObject({ runs: 1 });
    expect(await foreseen(['debounce: { quiet: 5s }'], 3, 0.1)).toMatchObject({ runs: 3 });
  });

  it('counts what a stage would suppress, and what would still wait', async () => {
    expect(await foreseen(['freshness: { maxAge: 1h }'], 4)).toMatchObject({ runs: 0, suppressed: { freshness: 4 } });
    expect(await foreseen(['cooldown: { period: 7d }'], 4)).toMatchObject({ runs: 1, waiting: 3 });
    expect(await foreseen(['rate: { limit: 3, per: 7d, onExcess: drop }'], 4)).toMatchObject({
      runs: 3,
      suppressed: { rate: 1 },
    });
  });

  it('begins with the state that the instance is in', async () => {
    const trigger = await triggerOf(PATTERN, 'cooldown: { period: 7d, onExcess: drop }');
    const offers = await offersOf(trigger, stored(3));
    const state = initialState(trigger.definition);
    const startAt = T0 + 2 * HOUR;
    const [first] = offers;
    if (!first) throw new Error('nothing was taken');
    step(state, { kind: 'offer', offer: { ...first, eventId: 'evt_live', receivedAt: startAt } }, startAt);
    expect(forecast(trigger, state, { offers }, { startAt, pace: 10 })).toMatchObject({
      runs: 0,
      suppressed: { cooldown: 3 },
    });
  });
});
