import { describe, expect, it } from 'vitest';

import { explainEvent, originOf, replayedAs, replayOf } from '../../src/explain/event.ts';
import { explainTaken } from '../../src/explain/trigger.ts';
import { AT, entry, EVENT, evidence } from './given.ts';

const EVENT_ROW = {
  eventId: EVENT,
  receivedAt: AT,
  deliveries: 1,
  via: 'events',
  source: '/s',
  id: '1',
  type: 't',
  subject: 'a file',
  takenBy: [],
  failedIn: [],
  pruned: false,
};
const run = explainTaken(evidence([entry({ seq: 1, kind: 'runDecided', runId: 'sb1-1', eventCount: 1 })]));
const late = explainTaken(
  evidence([entry({ seq: 1, kind: 'suppressed', stage: 'order', why: { kind: 'late', by: 1, highest: 2 } })]),
);
const NEAR = {
  trigger: 'other',
  generation: 'g',
  clause: 'pattern',
  pointer: '/events/pattern/type',
  sentence: 'type "t" is not "u".',
  clauses: 2,
  held: 1,
  type: 'near',
} as const;

describe('what happened to an event, in one sentence', () => {
  const conclusion = (triggers: (typeof run)[], notTaken: (typeof NEAR)[] = []) =>
    explainEvent({ event: EVENT_ROW, triggers, notTaken, notices: [] }).conclusion;

  it('is what its only trigger made of it', () => {
    expect(conclusion([run])).toBe('retrain: It is part of run sb1-1.');
  });

  it('counts what several triggers made of it', () => {
    expect(conclusion([run, late, late])).toBe('3 triggers took it: 1 made it part of a run, 2 suppressed it.');
  });

  it('names the nearest trigger where none took it', () => {
    expect(conclusion([], [NEAR])).toBe('No trigger took it. Closest is other: type "t" is not "u".');
    expect(conclusion([])).toBe('No trigger took it, and none wants anything like it.');
  });

  it('stands beside the event itself', () => {
    const answer = explainEvent({ event: EVENT_ROW, triggers: [], notTaken: [NEAR], notices: ['n'] });
    expect(answer).toMatchObject({
      eventId: EVENT,
      source: '/s',
      id: '1',
      type: 't',
      subject: 'a file',
      notices: ['n'],
    });
    expect(answer.notTaken[0]).not.toHaveProperty('type');
  });
});

describe('an event that a run emitted', () => {
  it('says which one, and how long the chain is', () => {
    const lineage = { signalboxparent: 'sb1-r', signalboxroot: 'evt_root', signalboxdepth: 3 };
    expect(originOf(lineage)).toBe('Run sb1-r emitted it: hop 3 of a chain that evt_root began.');
    expect(originOf({ type: 't' })).toBeUndefined();
  });
});

describe('an event that was replayed', () => {
  it('says which one it was first, and by which replay it came', () => {
    const replayed = { signalboxreplay: 'rpl_1', signalboxreplayof: 'evt_first' };
    expect(replayOf(replayed)).toBe(
      'Replay rpl_1 brought it once more, for one trigger alone; it came first as evt_first.',
    );
    expect(replayOf({ type: 't' })).toBeUndefined();
  });

  it('says as what it came once more, and through which trigger', () => {
    const once = { eventId: 'evt_again', receivedAt: 0, deliveries: 1, via: 'events', failedIn: [], pruned: false };
    const takenBy = [{ trigger: 'retrain', key: 'k', generation: 'g' }];
    expect(replayedAs({ ...once, takenBy })).toBe(
      'It was replayed at 1970-01-01T00:00:00.000Z through retrain as evt_again.',
    );
  });
});
