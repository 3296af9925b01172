import { describe, expect, test } from 'vitest';

import { initialState } from '../../src/core/state.ts';
import { dryRun } from '../../src/http/dry-run.ts';
import type { Json } from '../../src/spec/json.ts';
import { incoming, triggerOf } from '../accept/given.ts';

const MATCH = 'events: { pattern: { type: [t] } }';

/** What the trigger `retrain` would make of the last of these events, after it took those before it. */
async function after(data: readonly Json[], ...spec: readonly string[]) {
  const trigger = await triggerOf(MATCH, ...spec);
  const state = initialState(trigger.definition);
  const answers = data.map((one, index) => {
    return dryRun(trigger, incoming(one, { id: String(index) }), state, 5_000 + index);
  });
  const last = answers.at(-1);
  if (!last) throw new Error('no event');
  return last;
}

const verdicts = ({ stages }: Awaited<ReturnType<typeof after>>) =>
  Object.fromEntries(stages.map(({ stage, verdict }) => [stage, verdict]));

describe('a dry run', () => {
  test('names the clause that an event does not fit', async () => {
    const trigger = await triggerOf('events: { pattern: { type: [other] } }');
    const answer = dryRun(trigger, incoming({}), initialState(trigger.definition), 5_000);
    expect(answer).toMatchObject({ outcome: 'notTaken', notTaken: { clause: 'pattern' }, stages: [], runs: [] });
    expect(answer.conclusion).toContain('type');
  });

  test('names the expression that fails', async () => {
    const answer = await after([{}], 'key: "${{ event.data.missing }}"');
    expect(answer).toMatchObject({
      outcome: 'deadLettered',
      deadLetter: { code: 'mapping_error', pointer: '/key', detail: expect.stringContaining('event.data.missing') },
    });
  });

  test('tells the run that would start, through every stage', async () => {
    const answer = await after([{ k: 'eu' }], 'key: "${{ event.data.k }}"', 'cooldown: { period: 1h }');
    expect(answer).toMatchObject({ outcome: 'run', key: 'eu', runs: [{ key: 'eu', cause: 'events', eventCount: 1 }] });
    expect(verdicts(answer)).toMatchObject({ dedupe: 'passed', cooldown: 'passed', run: 'passed' });
    expect(answer.conclusion).toMatch(/^It would start run sb1-[0-9a-f]{40} for key eu\.$/);
    expect(answer.stages.at(-1)?.sentence).toMatch(/^It would be part of run/);
  });

  test('tells until when a limit holds it, and what it would join', async () => {
    const answer = await after([{}, {}, {}], 'cooldown: { period: 1h }');
    expect(answer).toMatchObject({ outcome: 'waiting', runs: [] });
    expect(verdicts(answer)).toMatchObject({ cooldown: 'waiting', dedupe: 'passed' });
    expect(answer.conclusion).toContain('Held by cooldown until 1970-01-01T01:00:05.000Z, will join 1 other event');
  });

  test('tells the window it would come into', async () => {
    const answer = await after([{}], 'debounce: { quiet: 30s }');
    expect(answer).toMatchObject({ outcome: 'waiting', conclusion: expect.stringContaining('In the debounce window') });
  });

  test('tells which stage would suppress it', async () => {
    const trigger = await triggerOf(MATCH, 'freshness: { maxAge: 10m }');
    const old = incoming({}, { time: '1969-12-31T00:00:00Z' });
    const answer = dryRun(trigger, old, initialState(trigger.definition), 5_000);
    expect(answer).toMatchObject({ outcome: 'suppressed', conclusion: expect.stringContaining('freshness.maxAge') });
    expect(verdicts(answer)).toMatchObject({ dedupe: 'passed', freshness: 'suppressed' });
  });

  test.each([
    ['none', []],
    ['asks', ['approval: { timeout: 1h }']],
    ['condition', ['approval: { when: "run.eventCount > 3", timeout: 1h }']],
    ['none', ['approval: { timeout: 1h }', 'mode: shadow']],
  ])('tells whether the run would ask for approval: %s', async (approval, spec) => {
    expect(await after([{}], ...spec)).toMatchObject({ runs: [{ approval }] });
  });
});
