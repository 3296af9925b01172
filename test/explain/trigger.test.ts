import { describe, expect, it } from 'vitest';

import type { Place } from '../../src/core/whereabouts.ts';
import { ERROR_CATALOGUE } from '../../src/errors.ts';
import { explainFailed, explainTaken } from '../../src/explain/trigger.ts';
import { AT, DEFINITION, entry, EVENT, evidence, HOUR, MINUTE } from './given.ts';

const verdicts = (answer: ReturnType<typeof explainTaken>) =>
  Object.fromEntries(answer.stages.map(({ stage, verdict }) => [stage, verdict]));
const live = (place: Place, seq = 9) => ({ live: { seq, place } });

describe('an event that became part of a run', () => {
  const answer = explainTaken(
    evidence([
      entry({ seq: 2, kind: 'collected', stage: 'debounce', dueAt: AT + 30_000 }),
      entry({
        seq: 7,
        kind: 'waiting',
        stage: 'cooldown',
        at: AT + 30_000,
        eventCount: 3,
        dueAt: AT + HOUR,
        why: { kind: 'coolingDown', untilAt: AT + HOUR, periodMs: HOUR },
      }),
      entry({
        seq: 9,
        kind: 'runDecided',
        at: AT + HOUR,
        runId: 'sb1-7',
        eventCount: 4,
        detail: 'events',
        generation: 'bbbb',
        target: 'train',
      }),
      entry({ seq: 10, kind: 'startReported', at: AT + HOUR + 1, runId: 'sb1-7', detail: 'started' }),
      entry({ seq: 12, kind: 'runEnded', at: AT + HOUR + MINUTE, runId: 'sb1-7', detail: 'succeeded' }),
    ]),
  );

  it('passed or was held by every stage, in their order', () => {
    expect(answer.stages.map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
      'match passed',
      'dedupe passed',
      'freshness passed',
      'debounce held',
      'cooldown held',
      'run passed',
    ]);
  });

  it('is told with the run, its end and its links', () => {
    expect(answer).toMatchObject({
      outcome: 'run',
      conclusion: 'It is part of run sb1-7 with 3 others, which ended succeeded.',
      run: {
        runId: 'sb1-7',
        status: 'succeeded',
        cause: 'events',
        target: 'train',
        eventCount: 4,
        decidedAt: '2026-09-01T15:00:00.000Z',
        endedAt: '2026-09-01T15:01:00.000Z',
        links: { api: '/v1/runs/sb1-7', temporal: 'http://ui/sb1-7' },
      },
      window: { stage: 'debounce', others: 3 },
    });
  });

  it('is told with the generation that decided, where another one is live by now', () => {
    expect(answer).toMatchObject({ generation: 'bbbb', generationNow: 'aaaa' });
  });

  it('is told with the reason of a hold that is over', () => {
    expect(answer.stages.find(({ stage }) => stage === 'cooldown')).toMatchObject({
      sentence: 'Held back with 2 others. The key cools down for 1h after a start, until 2026-09-01T15:00:00.000Z.',
      until: '2026-09-01T15:00:00.000Z',
      reason: { kind: 'coolingDown', periodMs: HOUR },
    });
  });
});

describe('an event whose run waits for approval', () => {
  const decided = entry({ seq: 2, kind: 'runDecided', runId: 'sb1-7', detail: 'events', eventCount: 2 });
  const begun = entry({ seq: 3, kind: 'startReported', runId: 'sb1-7', detail: 'started' });
  const approval = { until: '2026-09-01T18:00:00.000Z', onTimeout: 'reject' } as const;

  it('is told until when, and what becomes of it then', () => {
    expect(explainTaken(evidence([decided, begun], { approval }))).toMatchObject({
      conclusion:
        'It is part of run sb1-7 with 1 other, which waits for approval until 2026-09-01T18:00:00.000Z, then is rejected.',
      run: { status: 'waitingForApproval', approval },
    });
    const patient = { ...approval, onTimeout: 'approve' } as const;
    expect(explainTaken(evidence([decided, begun], { approval: patient })).conclusion).toContain('then is approved.');
  });

  it('is told how it ended, where it has ended since', () => {
    const ended = entry({ seq: 4, kind: 'runEnded', runId: 'sb1-7', detail: 'rejected' });
    const answer = explainTaken(evidence([decided, begun, ended], { approval }));
    expect(answer.conclusion).toContain('which ended rejected.');
    expect(answer.run).toMatchObject({ status: 'rejected' });
    expect(answer.run).not.toHaveProperty('approval');
  });
});

describe('an event whose run did not succeed', () => {
  const runOf = (detail: string) => [
    entry({ seq: 2, kind: 'runDecided', runId: 'sb1-7', detail: 'events', eventCount: 1, generation: 'aaaa' }),
    entry({ seq: 4, kind: 'runEnded', runId: 'sb1-7', detail }),
  ];

  it('is told why', () => {
    const failure = { reason: 'Exit code 1. It printed nothing.' };
    expect(explainTaken(evidence(runOf('failed'), { failure })).conclusion).toBe(
      'It is part of run sb1-7, which ended failed: Exit code 1. It printed nothing.',
    );
    expect(explainTaken(evidence(runOf('failed'), { failure: {} })).conclusion).toBe(
      'It is part of run sb1-7, which ended failed.',
    );
  });

  it('is told which dead letter it is, and what to do', () => {
    const failure = {
      reason: 'Program train was not found.',
      deadLetter: { code: 'target_rejected', id: 'dead-letter/sb1-7' },
    };
    const answer = explainTaken(evidence(runOf('deadLettered'), { failure }));
    expect(answer.conclusion).toBe('It is part of run sb1-7, which is a dead letter: Program train was not found.');
    expect(answer.deadLetter).toEqual({ ...failure.deadLetter, remedy: ERROR_CATALOGUE.target_rejected.remedy });
  });

  it('is told that nothing was called in shadow, by the definition that decided', () => {
    const shadow = { ...DEFINITION, mode: 'shadow' } as const;
    const told = (definition: typeof shadow) => explainTaken(evidence(runOf('succeeded'), { definition })).conclusion;
    expect(told(shadow)).toBe('It is part of run sb1-7, which called nothing: mode is shadow.');
    expect(told({ ...shadow, generation: 'cccc' })).toBe('It is part of run sb1-7, which ended succeeded.');
  });
});

describe('an event whose candidate went back to an earlier stage', () => {
  it('waits for that one, and was held by the later one', () => {
    const answer = explainTaken(
      evidence([
        entry({ seq: 2, kind: 'waiting', stage: 'concurrency', why: { kind: 'runsRunning', limit: 1, running: 1 } }),
        entry({
          seq: 5,
          kind: 'waiting',
          stage: 'cooldown',
          why: { kind: 'coolingDown', untilAt: AT + HOUR, periodMs: HOUR },
        }),
      ]),
    );
    expect(verdicts(answer)).toMatchObject({ cooldown: 'waiting', concurrency: 'held', run: 'notReached' });
    expect(answer).toMatchObject({ outcome: 'waiting', conclusion: expect.stringContaining('cools down for 1h') });
  });
});

describe('an event that was suppressed', () => {
  it('is told by which stage, with the values compared; later stages were not reached', () => {
    const answer = explainTaken(
      evidence([
        entry({
          seq: 2,
          kind: 'suppressed',
          stage: 'freshness',
          reason: 'tooOld',
          why: { kind: 'tooOld', ageMs: 2 * HOUR, maxAgeMs: HOUR, checked: 'arrival' },
        }),
      ]),
    );
    expect(verdicts(answer)).toEqual({
      match: 'passed',
      dedupe: 'passed',
      freshness: 'suppressed',
      debounce: 'notReached',
      cooldown: 'notReached',
      run: 'notReached',
    });
    expect(answer.conclusion).toBe(
      'Suppressed by freshness: It was 2h old on arrival, 1h more than freshness.maxAge, 1h.',
    );
  });

  it('as a repeat leaves what became of the first arrival as it was', () => {
    const answer = explainTaken(
      evidence([
        entry({ seq: 2, kind: 'runDecided', runId: 'sb1-1', detail: 'events' }),
        entry({
          seq: 5,
          kind: 'suppressed',
          stage: 'dedupe',
          at: AT + MINUTE,
          why: { kind: 'duplicate', firstSeenAt: AT, windowMs: HOUR },
        }),
      ]),
    );
    expect(answer.outcome).toBe('run');
    expect(answer.repeats).toEqual([
      'Again at 2026-09-01T14:01:00.000Z: The same source and id came first at 2026-09-01T14:00:00.000Z, within the dedupe window of 1h.',
    ]);
  });

  it('as a repeat of something the store no longer knows is told as that', () => {
    const why = { kind: 'duplicate', firstSeenAt: AT - HOUR, windowMs: 2 * HOUR } as const;
    const answer = explainTaken(evidence([entry({ seq: 5, kind: 'suppressed', stage: 'dedupe', why })]));
    expect(answer).toMatchObject({ outcome: 'suppressed', repeats: [] });
  });

  it('by a stage the definition has no longer is told all the same', () => {
    const why = { kind: 'rateReached', limit: 3, perMs: HOUR, untilAt: AT + HOUR } as const;
    const answer = explainTaken(evidence([entry({ seq: 2, kind: 'suppressed', stage: 'rate', why })]));
    expect(verdicts(answer)).toMatchObject({ cooldown: 'passed', rate: 'suppressed', run: 'notReached' });
  });
});

describe('an event that waits', () => {
  it('in a window is told with its key, the others, and when it fires', () => {
    const place = { kind: 'gathered', stage: 'debounce', events: 3, openedAt: AT, dueAt: AT + 30_000 } as const;
    const answer = explainTaken(evidence([entry({ seq: 2, kind: 'collected', stage: 'debounce' })], live(place)));
    expect(answer).toMatchObject({
      outcome: 'waiting',
      conclusion:
        'In the debounce window of key a with 2 others, open since 2026-09-01T14:00:00.000Z; fires at 2026-09-01T14:00:30.000Z if nothing more comes.',
      window: { stage: 'debounce', others: 2, until: '2026-09-01T14:00:30.000Z' },
    });
    expect(verdicts(answer)).toMatchObject({ freshness: 'passed', debounce: 'waiting', cooldown: 'notReached' });
  });

  it('is told so by the instance where the store has nothing yet', () => {
    const place = { kind: 'waiting', stage: 'cooldown', events: 4, sinceAt: AT, untilAt: AT + 5 * MINUTE } as const;
    const answer = explainTaken(evidence([], { ...live(place), storedSeq: 3 }));
    expect(answer).toMatchObject({
      outcome: 'waiting',
      conclusion: 'Held by cooldown until 2026-09-01T14:05:00.000Z, will join 3 other events.',
      seq: { stored: 3, decided: 9 },
    });
  });

  it.each<[string, Exclude<Place, { kind: 'gone' | 'starting' }>, string]>([
    [
      'for its other parts',
      { kind: 'gathered', stage: 'correlate', events: 1, missing: ['labels'], dueAt: AT + HOUR },
      'In the correlate window of key a; waits for labels until 2026-09-01T15:00:00.000Z.',
    ],
    [
      'for a threshold',
      { kind: 'gathered', stage: 'threshold', events: 63, reached: 63, atLeast: 100, dueAt: AT + HOUR },
      'In the threshold window of key a with 62 others; 63 of 100 is reached, counts until 2026-09-01T15:00:00.000Z.',
    ],
    [
      'to be sorted',
      { kind: 'gathered', stage: 'order', events: 1, dueAt: AT + MINUTE },
      'In the order window of key a; is sorted until 2026-09-01T14:01:00.000Z.',
    ],
    [
      'for a batch to fill',
      { kind: 'gathered', stage: 'batch', events: 2 },
      'In the batch window of key a with 1 other; fires when it is full.',
    ],
    [
      'for a run to end',
      { kind: 'waiting', stage: 'concurrency', events: 1, sinceAt: AT },
      'Held by concurrency until a run ends.',
    ],
    [
      'for room in a rate',
      { kind: 'waiting', stage: 'rate', events: 2, sinceAt: AT },
      'Held by rate until the rate has room, will join 1 other event.',
    ],
    ['for a person', { kind: 'waiting', stage: 'hours', events: 1, sinceAt: AT }, 'Held by hours until a person acts.'],
    [
      'for a resume',
      { kind: 'kept', sinceAt: AT, by: 'ana', events: 2 },
      'Kept since ana paused it at 2026-09-01T14:00:00.000Z with 1 other; it goes on at the resume.',
    ],
  ])('%s is told so', (_, place, sentence) => {
    expect(explainTaken(evidence([], live(place))).conclusion).toBe(sentence);
  });

  it('behind a limit that names no moment is told the values that were compared', () => {
    const why = { kind: 'rateReached', limit: 1, perMs: HOUR, untilAt: AT + HOUR } as const;
    const place = { kind: 'waiting', stage: 'rate', events: 1, sinceAt: AT } as const;
    const held = [entry({ seq: 2, kind: 'waiting', stage: 'rate', why })];
    expect(explainTaken(evidence(held, live(place))).conclusion).toBe(
      'Held by rate: 1 run started within 1h, which is rate.limit; the next may start at 2026-09-01T15:00:00.000Z.',
    );
  });

  it('while its trigger is paused has not come to the windows yet', () => {
    const place = { kind: 'kept', sinceAt: AT, by: 'ana', events: 1 } as const;
    const kept = [entry({ seq: 2, kind: 'kept' })];
    for (const answer of [explainTaken(evidence(kept, live(place))), explainTaken(evidence(kept))]) {
      expect(answer.stages.find(({ stage }) => stage === 'debounce')?.verdict).toBe('notReached');
      expect(answer.stages.find(({ stage }) => stage === 'dedupe')?.verdict).toBe('passed');
    }
  });

  it('for the start of its run is told so', () => {
    const place = { kind: 'starting', runId: 'sb1-1', events: 1 } as const;
    expect(explainTaken(evidence([], live(place)))).toMatchObject({
      outcome: 'waiting',
      conclusion: 'Its run is being started.',
    });
  });

  it('is told from the ledger where the instance does not answer', () => {
    const kept = explainTaken(evidence([entry({ seq: 2, kind: 'kept' })]));
    expect(kept.conclusion).toBe('It came while the trigger was paused, and was kept.');
    const collected = explainTaken(evidence([entry({ seq: 2, kind: 'collected', stage: 'debounce', dueAt: AT + 1 })]));
    expect(collected).toMatchObject({ outcome: 'waiting', window: { until: '2026-09-01T14:00:00.001Z' } });
  });
});

describe('an event about which nothing is known', () => {
  it('is told how far the store is', () => {
    expect(explainTaken(evidence([], { storedSeq: 41, ...live({ kind: 'gone' }, 57) }))).toMatchObject({
      outcome: 'undecided',
      conclusion: 'Decided, but its verdict has not reached the store (verdicts up to seq 41 of 57).',
    });
    const silent = explainTaken(evidence([], { storedSeq: 41 }));
    expect(silent.conclusion).toContain('verdicts up to seq 41, and the instance does not answer');
    expect(verdicts(silent)).toMatchObject({ match: 'passed', dedupe: 'unknown', run: 'unknown' });
  });
});

describe('an event that became a dead letter', () => {
  it('in its instance is told with the code and what to do', () => {
    const why = { kind: 'conflict', firstSeenAt: AT - HOUR, windowMs: 2 * HOUR } as const;
    const answer = explainTaken(
      evidence([entry({ seq: 2, kind: 'deadLettered', reason: 'event_id_conflict', stage: 'dedupe', why })]),
    );
    expect(answer).toMatchObject({ outcome: 'deadLettered', deadLetter: { code: 'event_id_conflict' } });
    expect(answer.conclusion).toContain('It became a dead letter, event_id_conflict. The same source and id');
    expect(answer.deadLetter?.remedy).not.toBe('');
  });

  it('before it got there is told with the place of the expression', () => {
    const answer = explainFailed(
      {
        trigger: 'retrain',
        generation: 'aaaa',
        code: 'filter_error',
        pointer: '/events/when',
        detail: 'event.data.n > 1: no such key',
        deadLetterId: 'dead-letter/x',
      },
      evidence([]).linkOf,
    );
    expect(answer).toMatchObject({
      outcome: 'deadLettered',
      conclusion: 'Dead-lettered, filter_error: An expression failed at /events/when: event.data.n > 1: no such key.',
      deadLetter: { id: 'dead-letter/x', pointer: '/events/when' },
    });
  });

  it('because its run failed for good names the run', () => {
    const answer = explainTaken(
      evidence([
        entry({ seq: 2, kind: 'runDecided', runId: 'sb1-1', detail: 'events' }),
        entry({ seq: 4, kind: 'runEnded', runId: 'sb1-1', detail: 'deadLettered' }),
      ]),
    );
    expect(answer).toMatchObject({ outcome: 'run', run: { status: 'deadLettered' } });
  });
});

it('names the event in no sentence: the answer does', () => {
  const answer = explainTaken(evidence([], { definition: DEFINITION }));
  expect(JSON.stringify(answer.stages)).not.toContain(EVENT);
});
