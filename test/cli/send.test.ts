import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { requestsOf } from '../../src/cli/send-input.ts';
import { isAcknowledgement, reportLines, type SendReport } from '../../src/cli/send-report.ts';

const event = { specversion: '1.0', id: '1', source: '/s', type: 't' };

function read(text: string, fill = false) {
  const read = requestsOf(Buffer.from(text), { fill });
  if (!read.ok) throw new Error(read.message);
  return read.requests;
}

function bodiesOf(text: string, fill = false): readonly object[] {
  return read(text, fill).map(({ body }) => JSON.parse(body));
}

describe('what signalbox send makes of a file', () => {
  test('sends one event and one list as they are written, for the service to judge', () => {
    const single = '{ "id": 12345678901234567890,\n "id": 1 }';
    expect(read(single)).toEqual([{ contentType: 'application/cloudevents+json', body: single, first: 0 }]);
    const list = '[ {"a": 1.0}, 7 ]\n';
    expect(read(list)).toEqual([{ contentType: 'application/cloudevents-batch+json', body: list, first: 0 }]);
  });

  test('sends events that stand one a line as batches of up to 1,000', () => {
    const lines = Array.from({ length: 2_001 }, (_, at) => JSON.stringify({ ...event, id: String(at) }));
    const requests = read(`${lines.join('\r\n')}\n\n`);
    expect(requests.map(({ body, first }) => [JSON.parse(body).length, first])).toEqual([
      [1_000, 0],
      [1_000, 1_000],
      [1, 2_000],
    ]);
  });

  test('keeps every batch within 4 MB, every event once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900_000 }), { minLength: 2, maxLength: 12 }), (sizes) => {
        const events = sizes.map((size, at) => ({ id: at, data: 'x'.repeat(size) }));
        const requests = read(events.map((one) => JSON.stringify(one)).join('\n'));
        for (const { body } of requests) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4 * 1_024 * 1_024);
        const sent: { id: number }[] = requests.flatMap(({ body }) => JSON.parse(body));
        expect(sent.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      }),
      { numRuns: 8 },
    );
  });

  test('fills in nothing unless it is asked to', () => {
    expect(bodiesOf('{"type":"t"}')).toEqual([{ type: 't' }]);
    const filled = {
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: '/signalbox/send',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      type: 't',
    };
    expect(bodiesOf('{"type":"t"}', true)).toEqual([filled]);
    expect(bodiesOf('[{"type":"t"}]', true)).toEqual([[filled]]);
    expect(bodiesOf('{"type":"t"}\n{"type":"t"}', true)).toEqual([[filled, filled]]);
  });

  test('keeps what an event has when it fills in the rest', () => {
    expect(bodiesOf(JSON.stringify(event), true)).toEqual([{ ...event, time: expect.any(String) }]);
  });

  test.each([
    ['nothing', ' \n ', 'is empty'],
    ['text', 'hello', 'is not JSON'],
    ['a line that is cut', `${JSON.stringify(event)}\n{"id":`, 'Line 2'],
  ])('refuses %s with what to give', (_what, text, message) => {
    expect(requestsOf(Buffer.from(text), { fill: false })).toMatchObject({
      ok: false,
      message: expect.stringContaining(message),
      remedy: expect.stringContaining('CloudEvent'),
    });
  });

  test('refuses what is not UTF-8', () => {
    expect(requestsOf(Buffer.from([0x7b, 0xff, 0x7d]), { fill: false })).toMatchObject({ ok: false });
  });
});

describe('what signalbox send prints', () => {
  const nothing: SendReport = {
    accepted: [],
    deadLettered: [],
    refused: [],
    verdicts: [],
    unmatched: [],
    runs: [],
    undecided: false,
  };
  const to = { trigger: 'retrain', key: 'k', workflowId: 'trigger/retrain' };
  const accepted = { eventId: 'evt_1', source: '/s', id: '1', triggers: [to] };
  const about = { eventId: 'evt_1', trigger: 'retrain', key: 'k' };

  test('names the triggers of each event, and says where there is none', () => {
    const report = { ...nothing, accepted: [accepted, { ...accepted, eventId: 'evt_2', triggers: [] }] };
    expect(reportLines(report)).toEqual([
      'evt_1  retrain (k)  accepted',
      'evt_2  accepted; no trigger wanted it',
      '2 events accepted',
    ]);
  });

  test('says which trigger came closest to an event nobody wanted, where the service told', () => {
    const nearest = { trigger: 'retrain', pointer: '/events/pattern/data/n', reason: 'data.n 1 is not > 5.' };
    const report = {
      ...nothing,
      accepted: [{ ...accepted, triggers: [] }],
      unmatched: [{ eventId: 'evt_1', nearest }],
    };
    expect(reportLines(report)).toEqual([
      'evt_1  accepted; no trigger wanted it. Closest is retrain (/events/pattern/data/n): data.n 1 is not > 5.',
    ]);
  });

  test('says of a dead letter where it broke and what to do, and not that no trigger wanted it', () => {
    const letter = {
      index: 0,
      trigger: 'retrain',
      code: 'mapping_error',
      pointer: '/key',
      deadLetterId: 'dl',
    } as const;
    const report = {
      ...nothing,
      accepted: [{ ...accepted, triggers: [] }],
      deadLettered: [{ ...letter, eventId: 'evt_1' }],
    };
    expect(reportLines(report)).toEqual([
      expect.stringMatching(/^evt_1 {2}retrain {2}dead-lettered, mapping_error at \/key \(dl\): .+/),
    ]);
  });

  test('says what was decided of each event, also where one stands twice', () => {
    const report: SendReport = {
      ...nothing,
      accepted: [accepted, accepted],
      verdicts: [
        { ...about, kind: 'started', runId: 'sb1-x', cause: 'events' },
        { ...about, kind: 'suppressed', stage: 'dedupe', reason: 'It came before.' },
      ],
      runs: [
        {
          runId: 'sb1-x',
          trigger: 'retrain',
          key: 'k',
          kind: 'train',
          target: 'train',
          cause: 'events',
          status: 'succeeded',
          startedAt: '2026-09-01T10:00:00.000Z',
          eventCount: 1,
          result: { auc: 0.9 },
        },
      ],
    };
    expect(reportLines(report)).toEqual([
      'evt_1  retrain (k)  in run sb1-x',
      'evt_1  retrain (k)  suppressed by dedupe: It came before.',
      'run sb1-x  train  1 event  succeeded: {"auc":0.9}',
      '2 events accepted',
    ]);
  });

  test('says what was refused, with each place', () => {
    const refused = [
      {
        first: 1_000,
        status: 400,
        problem: 'malformed_event: no',
        violations: [{ pointer: '/0/id', message: 'is missing' }],
      },
    ];
    expect(reportLines({ ...nothing, refused })).toEqual([
      'refused from event 1001, 400 malformed_event: no',
      '  /0/id is missing',
    ]);
  });

  test('says how to see what is not decided yet', () => {
    expect(reportLines({ ...nothing, accepted: [accepted], undecided: true }).join()).toContain('signalbox triggers');
  });

  test('tells an acknowledgement from a problem', () => {
    expect(isAcknowledgement({ accepted: [], deadLettered: [] })).toBe(true);
    expect(isAcknowledgement({ code: 'malformed_event', detail: 'no' })).toBe(false);
  });
});
