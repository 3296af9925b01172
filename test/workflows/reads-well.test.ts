import { describe, expect, it } from 'vitest';

import { instanceId, runDeadLetterId, SEARCH_ATTRIBUTE } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

describe('in the Temporal UI', () => {
  it('an instance tells what is open, when it fires and why', async () => {
    await world().define('shown', { stages: ['debounce: { quiet: 2h, maxWait: 5h }', 'cooldown: { period: 3d }'] });
    await world().send('shown', 'a', { key: 'eu' });
    await world().send('shown', 'b', { key: 'eu' });
    await world().settle();
    const text = await world().details(instanceId('shown'));
    expect(text).toContain('→ target `shown`');
    expect(text).toMatch(
      /`eu` collects 2 events, fires at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(2h after the last event, at most 5h in all\)/,
    );
    expect(text).toContain('2 events accepted, 0 of them in 0 runs, 2 pending');
    await world().sleep(2 * HOUR + MINUTE);
    expect(await world().details(instanceId('shown'))).toContain('`eu` cools down until');
    await world().send('shown', 'c', { key: 'eu' });
    await world().sleep(2 * HOUR + MINUTE);
    expect(await world().details(instanceId('shown'))).toMatch(/`eu` holds 1 event until .* \(cooldown\)/);
  });

  it('an instance and its runs are found by trigger, key, target, cause and outcome, and lead to each other', async () => {
    await world().define('found');
    await world().send('found', 'a', { key: 'eu' });
    await world().settle();
    const runId = world().onlyRunId('found');
    const instance = await world().instance('found').describe();
    expect(instance.typedSearchAttributes.get(SEARCH_ATTRIBUTE.trigger)).toBe('found');
    expect(instance.typedSearchAttributes.get(SEARCH_ATTRIBUTE.target)).toBe('found');
    expect(instance.memo).toMatchObject({
      trigger: 'found',
      runs: expect.stringContaining('SignalboxTrigger="found"'),
    });
    const run = await world().client.workflow.getHandle(runId).describe();
    const found = Object.entries(SEARCH_ATTRIBUTE).map(([name, key]) => [name, run.typedSearchAttributes.get(key)]);
    expect(Object.fromEntries(found)).toEqual({
      trigger: 'found',
      key: 'eu',
      target: 'found',
      cause: 'events',
      outcome: 'succeeded',
    });
    expect(run.memo).toMatchObject({
      instance: instanceId('found'),
      eventCount: 1,
      eventIds: [expect.stringMatching(/^evt_/)],
      generation: world().current().triggers.get('found')?.generation,
    });
    expect(await run.staticSummary()).toBe('found · eu · 1 event');
    const text = await world().details(runId);
    expect(text).toContain('for key `eu` of trigger `trigger/found`');
    expect(text).toContain('cause **events**');
    expect(text).toContain('**succeeded**');
  });

  it('a run that needs a person names its dead letter, and that names the run', async () => {
    await world().define('led');
    world().target.answer('led', { status: 404 });
    await world().send('led', 'a', { key: 'eu' });
    await world().settle();
    const runId = world().onlyRunId('led');
    const run = await world().client.workflow.getHandle(runId).describe();
    expect(run.typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome)).toBe('deadLettered');
    expect(await world().details(runId)).toContain(`**dead letter** \`${runDeadLetterId(runId)}\`: target_rejected`);
    const letter = await world().client.workflow.getHandle(runDeadLetterId(runId)).describe();
    expect(letter.typedSearchAttributes.get(SEARCH_ATTRIBUTE.trigger)).toBe('led');
    expect(letter.typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome)).toBe('target_rejected');
    expect(letter.memo).toMatchObject({ trigger: instanceId('led') });
    expect(await world().details(runDeadLetterId(runId))).toContain(runId);
  });

  it('a timer is labelled with what it waits for', async () => {
    await world().define('labelled', { stages: ['debounce: { quiet: 2h }'] });
    await world().send('labelled', 'a', { key: 'eu' });
    await world().settle();
    expect(await world().timerLabels(instanceId('labelled'))).toEqual([
      expect.stringMatching(/^`eu` collects 1 event, fires at .* UTC \(2h after the last event\)$/),
    ]);
    await world().define('waits');
    world().target.answer('waits', { status: 500 });
    await world().send('waits', 'a');
    await world().sleep(HOUR);
    expect(await world().timerLabels(world().onlyRunId('waits'))).toEqual([
      expect.stringContaining('before attempt 2 of 4: Target waits'),
    ]);
  });
});
