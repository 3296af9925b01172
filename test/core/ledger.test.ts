import { describe, expect, it } from 'vitest';

import { ledgerPage } from '../../src/core/ledger.ts';
import {
  approved,
  breaker,
  ended,
  fire,
  given,
  HOUR,
  idOf,
  load,
  MINUTE,
  type Moment,
  offer,
  pause,
  quiet,
  resume,
  SECOND,
  started,
  T0,
  tick,
} from './given.ts';

const ONE = { limit: 1, onExcess: 'hold', scope: 'key' } as const;

describe('the ledger of a step', () => {
  it('tells every decision, with all event ids and without contents', () => {
    const moments = Array.from({ length: 25 }, (_, index) => offer(index, `e${index}`));
    const first = given(quiet(MINUTE)).when(
      ...moments,
      offer(30, 'e0'),
      offer(31, 'e0', { body: 'other' }),
      tick(HOUR),
      load(HOUR, { generation: 'g2' }),
    );
    const runId = first.runs[0]?.runId ?? '';
    const report = { runId, key: 'k', status: 'succeeded' } as const;
    const over = { input: { kind: 'runEnded', report }, nowMs: HOUR } as const;
    const then = first.afterContinueAsNew().when(started(HOUR, runId), over);
    const page = ledgerPage(then.state, [...first.facts, ...then.facts]);
    const all = moments.map((_, index) => idOf(`e${index}`));
    expect(page.entries).toMatchObject([
      { kind: 'collected', eventIds: all, eventCount: 25, stage: 'debounce', dueAt: T0 + 24 + MINUTE },
      { kind: 'suppressed', eventIds: [idOf('e0')], eventCount: 1, stage: 'dedupe', reason: 'duplicate' },
      { kind: 'deadLettered', eventIds: [idOf('e0')], reason: 'event_id_conflict', why: { kind: 'conflict' } },
      { kind: 'runDecided', runId, detail: 'events', eventIds: all, generation: 'g1', target: 'train', receivedAt: T0 },
      { kind: 'definitionAdopted', detail: 'g2', generation: 'g2' },
      { kind: 'startReported', runId, detail: 'started' },
      { kind: 'runEnded', runId, detail: 'succeeded' },
    ]);
    expect(page).toMatchObject({ trigger: 'retrain', target: 'train', pendingItems: 0 });
    expect(page.dedupeHorizonMs).toBe(MINUTE + 24);
  });

  it('tells that the instance took over from an ended run, and whether with its state', () => {
    const recovered = (over: object = {}): Moment => {
      const taken = { status: 'TERMINATED', heardAt: T0 + MINUTE, ...over };
      return { input: { kind: 'recovered', taken }, nowMs: MINUTE };
    };
    const { state, facts } = given().when(offer(0, 'a'), recovered(), recovered({ lost: 'no answer' }));
    expect(ledgerPage(state, facts).entries.slice(-2)).toEqual([
      { seq: facts.length - 1, at: T0 + MINUTE, kind: 'recovered', detail: 'TERMINATED' },
      { seq: facts.length, at: T0 + MINUTE, kind: 'recovered', detail: 'TERMINATED', reason: 'state_lost' },
    ]);
    expect(state.clock).toBe(T0);
  });

  it('tells of a run when the earliest of its events happened', () => {
    const came = [offer(0, 'a', { time: -HOUR }), offer(1, 'b', { time: -MINUTE }), tick(HOUR)];
    const { state, facts } = given(quiet(MINUTE)).when(...came);
    expect(ledgerPage(state, facts).entries.at(-1)).toMatchObject({ kind: 'runDecided', eventAt: T0 - HOUR });
  });

  it('dates a start by when the instance heard of it, for its clock does not move', () => {
    const first = given().when(offer(0, 'a'));
    const report = { runId: first.runs[0]?.runId ?? '', outcome: 'started', heardAt: T0 + SECOND } as const;
    const then = first.afterContinueAsNew().when({ input: { kind: 'startReported', report }, nowMs: SECOND });
    expect(ledgerPage(then.state, then.facts).entries).toMatchObject([{ kind: 'startReported', at: T0 + SECOND }]);
    expect(then.state.clock).toBe(T0);
  });

  it('tells what people did, of which key, and what a breaker became', () => {
    const guard = { failures: 1, withinMs: HOUR, openForMs: HOUR, probes: 1, scope: 'key' } as const;
    const { state, facts } = given({ breaker: guard, cooldown: { periodMs: HOUR, onExcess: 'ask' } }).when(
      offer(0, 'a'),
      offer(1, 'b'),
      approved(2, 'b'),
      ended(3, 'a', 'failed'),
      breaker(4, 'open', 'k'),
      fire(5, 'one', { force: true }),
      pause(6),
      pause(7, 'k'),
      resume(8),
    );
    const mine = ledgerPage(state, facts).entries.filter(({ kind }) => kind !== 'runDecided');
    const wait = { kind: 'waiting', stage: 'breaker', reason: 'breakerOpen', detail: 'manual' };
    expect(mine.filter(({ kind }) => kind !== 'startReported')).toMatchObject([
      { kind: 'runApproved', key: 'k' },
      { kind: 'runEnded', detail: 'failed' },
      { kind: 'breaker', key: 'k', detail: 'open' },
      { kind: 'breaker', key: 'k', detail: 'open', by: 'ann' },
      { kind: 'fired', key: 'k', detail: 'one', by: 'ann' },
      wait,
      { kind: 'paused', by: 'ann' },
      { kind: 'paused', key: 'k', by: 'ann' },
      { kind: 'resumed', by: 'ann' },
      { kind: 'waiting', stage: 'pause', reason: 'paused' },
    ]);
    expect(mine[2]).not.toHaveProperty('by');
  });

  it('tells where an event is gathered and until when, and that a pause keeps it', () => {
    const entryOf = (settings: Parameters<typeof given>[0], ...moments: readonly Moment[]) => {
      const { state, facts } = given(settings).when(...moments);
      return ledgerPage(state, facts).entries.at(-1);
    };
    const inAnHour = { kind: 'collected', eventIds: [idOf('a')], dueAt: T0 + HOUR };
    expect(entryOf({ order: { onLate: 'drop', holdForMs: HOUR } }, offer(0, 'a', { order: 1 }))).toMatchObject({
      ...inAnHour,
      stage: 'order',
    });
    const correlate = { parts: ['left', 'right'], withinMs: HOUR, onDeadline: 'drop' } as const;
    expect(entryOf({ correlate }, offer(0, 'a', { part: 'left' }))).toMatchObject({
      ...inAnHour,
      stage: 'correlate',
      detail: 'left',
    });
    expect(entryOf({ threshold: { atLeast: 2, withinMs: HOUR, of: 'events' } }, offer(0, 'a'))).toMatchObject({
      ...inAnHour,
      stage: 'threshold',
    });
    expect(entryOf({}, pause(0), offer(1, 'a'))).toMatchObject({ kind: 'kept', eventIds: [idOf('a')] });
  });

  it('tells for what else a held one waits now', () => {
    const settings = { cooldown: { periodMs: HOUR, onExcess: 'hold' }, concurrency: ONE } as const;
    const { state, facts } = given(settings).when(offer(0, 'a'), offer(1, 'b'), tick(HOUR));
    expect(ledgerPage(state, facts).entries.filter(({ kind }) => kind === 'waiting')).toMatchObject([
      { stage: 'cooldown', dueAt: T0 + HOUR, reason: 'coolingDown' },
      { stage: 'concurrency', reason: 'runsRunning' },
    ]);
  });

  it('covers every fact, those without an entry too', () => {
    const { state, facts } = given(quiet(MINUTE)).when(offer(0, 'a'), tick(HOUR));
    expect(ledgerPage(state, facts)).toMatchObject({ seqFrom: 1, seqTo: state.seq });
    expect(state.seq).toBeGreaterThan(ledgerPage(state, facts).entries.length);
  });

  it('covers nothing, and knows no horizon, before anything was seen', () => {
    const page = ledgerPage(given().when().state, []);
    expect(page).toMatchObject({ seqFrom: 1, seqTo: 0, entries: [] });
    expect(page).not.toHaveProperty('dedupeHorizonMs');
  });

  it('tells the events of two windows apart', () => {
    const { state, facts } = given(quiet(MINUTE)).when(
      offer(0, 'a'),
      offer(1, 'b', { key: 'other' }),
      offer(2, 'c'),
      tick(HOUR),
      offer(HOUR, 'd'),
    );
    const collected = ledgerPage(state, facts).entries.filter(({ kind }) => kind === 'collected');
    expect(collected).toMatchObject([
      { key: 'k', eventIds: [idOf('a')], dueAt: T0 + MINUTE },
      { key: 'other', eventIds: [idOf('b')], dueAt: T0 + 1 + MINUTE },
      { key: 'k', eventIds: [idOf('c')], dueAt: T0 + 2 + MINUTE },
      { key: 'k', eventIds: [idOf('d')], dueAt: T0 + HOUR + MINUTE },
    ]);
  });

  it('says when a window that ended within the step was due', () => {
    const { state, facts } = given(quiet(SECOND)).when(offer(0, 'a'), offer(500, 'b'), tick(HOUR));
    expect(ledgerPage(state, facts).entries).toMatchObject([
      { kind: 'collected', eventIds: [idOf('a'), idOf('b')], dueAt: T0 + 1_500 },
      { kind: 'runDecided' },
    ]);
  });

  it('says what a candidate waits for, and until when', () => {
    const cooldown = { periodMs: HOUR, onExcess: 'hold' } as const;
    const { state, facts } = given({ cooldown }).when(offer(0, 'a'), offer(1, 'b'));
    expect(ledgerPage(state, facts).entries.at(-1)).toMatchObject({
      kind: 'waiting',
      stage: 'cooldown',
      eventIds: [idOf('b')],
      dueAt: T0 + HOUR,
      why: { kind: 'coolingDown', untilAt: T0 + HOUR, periodMs: HOUR },
    });
  });

  it('names the events of a candidate that waits for something else than before', () => {
    const cooldown = { periodMs: HOUR, onExcess: 'hold' } as const;
    const concurrency = { limit: 1, onExcess: 'hold', scope: 'key' } as const;
    const came = [offer(0, 'a'), offer(1, 'b'), offer(2, 'c'), tick(HOUR)];
    const { state, facts } = given({ cooldown, concurrency }).when(...came);
    expect(ledgerPage(state, facts).entries.at(-1)).toMatchObject({
      kind: 'waiting',
      stage: 'concurrency',
      eventIds: [idOf('b'), idOf('c')],
      eventCount: 2,
      why: { kind: 'runsRunning', limit: 1, running: 1 },
    });
  });

  it('names the oldest thousand of many that wait for something else', () => {
    const cooldown = { periodMs: HOUR, onExcess: 'hold' } as const;
    const concurrency = { limit: 1, onExcess: 'hold', scope: 'key' } as const;
    const came = Array.from({ length: 1_002 }, (_, index) => offer(index, `e${index}`));
    const { state, facts } = given({ cooldown, concurrency }).fast(...came, tick(HOUR));
    const moved = ledgerPage(state, facts).entries.at(-1);
    expect(moved).toMatchObject({ kind: 'waiting', stage: 'concurrency', eventCount: 1_001 });
    expect(moved?.eventIds).toHaveLength(1_000);
    expect(moved?.eventIds?.[0]).toBe(idOf('e1'));
  });
});
