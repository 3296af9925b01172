import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { instanceId, runDeadLetterId } from '../../src/contract/names.ts';
import { ApplicationFailure } from '@temporalio/common';
import { useWorld } from './harness.ts';
import { DAY, HOUR, MINUTE, TRACEPARENT } from './world.ts';

const world = useWorld();
const no = { status: 500 } as const;

/** Virtual minutes from the first call to each. */
function minutes(name: string): number[] {
  const calls = world().target.calls(name);
  return calls.map((call) => Math.round((call.at - (calls[0]?.at ?? 0)) / MINUTE));
}

/** The code a run failed with. */
async function failureOf(runId: string): Promise<string | null | undefined> {
  try {
    await world().client.workflow.getHandle(runId).result();
    return undefined;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    return cause instanceof ApplicationFailure ? cause.type : String(cause);
  }
}

describe('a run', () => {
  it('tries again after 1m, 5m and 30m with one token, and succeeds', async () => {
    await world().define('again');
    world().target.answer('again', no, no, no);
    await world().send('again', 'e');
    await world().sleep(HOUR);
    const runId = world().onlyRunId('again');
    expect(minutes('again')).toEqual([0, 1, 6, 36]);
    expect(
      world()
        .target.calls('again')
        .map((call) => call.token),
    ).toEqual([runId, runId, runId, runId]);
    expect(world().target.calls('again')[0]?.traceparent).toBe(TRACEPARENT);
    const handle = world().client.workflow.getHandle(runId);
    expect(await handle.result()).toEqual({ status: 'succeeded', result: { auc: 0.9 } });
    expect((await world().view('again')).counts.ended).toMatchObject({ succeeded: 1, deadLettered: 0 });
  });

  it('waits as long as Retry-After asks where that is longer than the delay', async () => {
    await world().define('later');
    world().target.answer('later', { status: 429, headers: { 'retry-after': '7200' } }, no);
    await world().send('later', 'e');
    await world().sleep(3 * HOUR);
    expect(minutes('later')).toEqual([0, 120, 125]);
  });

  it('is a dead letter after the last delay, failed with the code, and its instance knows', async () => {
    await world().define('gone');
    world().target.answer('gone', no, no, no, no, no);
    await world().send('gone', 'e', { key: 'eu' });
    await world().sleep(HOUR);
    const runId = world().onlyRunId('gone');
    expect(minutes('gone')).toEqual([0, 1, 6, 36]);
    expect(await failureOf(runId)).toBe('target_unavailable');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({
      of: 'run',
      trigger: 'gone',
      code: 'target_unavailable',
      place: '/run/target',
      entries: [{ id: runId, key: 'eu', event: { runId, target: 'gone', params: { files: ['e.csv'] } } }],
    });
    expect(letter.entries[0]?.detail).toContain('4 attempts, the last: ');
    expect((await world().view('gone')).counts.ended).toMatchObject({ deadLettered: 1, failed: 0 });
    const described = await world().client.workflow.getHandle(runDeadLetterId(runId)).describe();
    expect(described.status.name).toBe('RUNNING');
    expect(described.memo).toMatchObject({ trigger: instanceId('gone'), code: 'target_unavailable' });
  });

  it('is a dead letter at once when the target refuses for good', async () => {
    await world().define('refused');
    world().target.answer('refused', { status: 404 }, no);
    await world().send('refused', 'e');
    await world().sleep(DAY);
    const runId = world().onlyRunId('refused');
    expect(world().target.calls('refused')).toHaveLength(1);
    expect(await failureOf(runId)).toBe('target_rejected');
    expect((await world().deadLetter(runDeadLetterId(runId))).entries[0]?.detail).toContain('answered 404 Not Found');
  });

  it('goes to a person after one call when the target hangs up without an answer', async () => {
    await world().define('lost');
    world().target.answer('lost', 'close', 'close');
    await world().send('lost', 'e');
    await world().sleep(DAY);
    const runId = world().onlyRunId('lost');
    expect(world().target.calls('lost')).toHaveLength(1);
    expect(await failureOf(runId)).toBe('target_unknown');
    expect(await world().deadLetter(runDeadLetterId(runId))).toMatchObject({ code: 'target_unknown' });
  });

  it('calls again with the same token when the target hangs up and honours the token', async () => {
    await world().define('honoured', { onUnknown: 'retry' });
    world().target.answer('honoured', 'close', 'close');
    await world().send('honoured', 'e');
    await world().sleep(HOUR);
    const runId = world().onlyRunId('honoured');
    expect(minutes('honoured')).toEqual([0, 1, 6]);
    expect(
      new Set(
        world()
          .target.calls('honoured')
          .map((call) => call.token),
      ),
    ).toEqual(new Set([runId]));
    expect(await world().client.workflow.getHandle(runId).result()).toMatchObject({ status: 'succeeded' });
  });

  it('whose target does not answer in time counts as unknown', async () => {
    await world().define('silent', { timeout: '1s' });
    world().target.answer('silent', 'hang');
    await world().send('silent', 'e');
    await world().sleep(HOUR);
    expect(await failureOf(world().onlyRunId('silent'))).toBe('target_unknown');
  });

  it('without its target defined is a dead letter that names it', async () => {
    await world().define('missing');
    await world().send('missing', 'e');
    world().forgetTarget('missing');
    await world().sleep(HOUR);
    const runId = world().onlyRunId('missing');
    expect(await failureOf(runId)).toBe('target_missing');
    expect((await world().deadLetter(runDeadLetterId(runId))).entries[0]?.detail).toContain('missing');
    expect(world().target.calls('missing')).toEqual([]);
    await world().reload();
  });
});
