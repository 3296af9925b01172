import { expect, test } from 'vitest';

import { probeLines } from '../../src/cli/probe.ts';
import type { ProbeAnswer } from '../../src/http/probe.ts';

const answer: ProbeAnswer = {
  trigger: 'retrain',
  at: '2026-09-01T10:00:00.000Z',
  tookMs: 84,
  ok: false,
  conclusion: 'Target train: 401.',
  way: {
    workerMs: 4,
    matchedMs: 0.3,
    sample: true,
    match: { kind: 'taken', key: 'eu' },
    decidedMs: 12.5,
    decision: { ok: true, mode: 'live', paused: { since: '2026-09-01T09:00:00.000Z', by: 'ann' }, breaker: 'closed' },
  },
  targets: [
    { target: 'train', at: ['/run/target'], found: 'notReady', detail: '401.', workerMs: 250, answeredMs: 20 },
    { target: 'slack', at: ['/approval/notify/0/target'], found: 'noAnswer', detail: 'Nobody.' },
  ],
};

test('a probe is told in a line, and then leg by leg', () => {
  expect(probeLines(answer)).toEqual([
    'retrain  MISSED, 84 ms',
    'Target train: 401.',
    '',
    'worker        reached    4 ms',
    'match         taken      0.3 ms   takes its sample, key eu',
    'instance      decided    12.5 ms  live, paused by ann, breaker closed',
    'target train  not ready  20 ms    /run/target: 401. (250 ms until a worker had it)',
    'target slack  no answer           /approval/notify/0/target: Nobody.',
  ]);
});

test('a probe that nobody took up is its conclusion alone', () => {
  const { way: _, ...nobody } = answer;
  expect(probeLines({ ...nobody, targets: [] })).toEqual(['retrain  MISSED, 84 ms', 'Target train: 401.']);
});

test('a probe says which leg failed: the match, or the instance', () => {
  const { way } = answer;
  if (!way) throw new Error('there is a way');
  const of = (over: Partial<typeof way>) => probeLines({ ...answer, way: { ...way, ...over }, targets: [] }).join('\n');
  const failed = { kind: 'failed', code: 'mapping_error', pointer: '/key', detail: 'no key' } as const;
  const notTaken = { kind: 'notTaken', detail: 'type differs' } as const;
  expect(of({ match: failed })).toMatch(/match +NO .* mapping_error at \/key of its sample: no key/);
  expect(of({ match: notTaken, sample: false })).toMatch(/match +asked .* does not take a made-up event: type differs/);
  expect(of({ decision: { ok: false, detail: 'late' } })).toMatch(/instance +NO .* late/);
});
