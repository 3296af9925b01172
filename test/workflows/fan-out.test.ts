import { describe, expect, it } from 'vitest';

import { branchesQuery, finishUpdate } from '../../src/contract/definitions.ts';
import type { FinishAnswer } from '../../src/contract/messages.ts';
import { runDeadLetterId } from '../../src/contract/names.ts';
import { branchIdOf } from '../../src/core/run-id.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import type { Json } from '../../src/spec/json.ts';
import { useWorld } from './harness.ts';
import { HOUR } from './world.ts';
import { targetYaml } from './yaml.ts';

const world = useWorld();

const REGIONS = ['eu', 'us', 'ap', 'in', 'br'];

/**
 * Defines a fan-out over `regions` of its event. A branch ends when its target says so (this server loses count of time
 * where many at once are looked at), or with the answer to its start.
 */
async function define(name: string, run: readonly string[] = [], ends: 'later' | 'atOnce' = 'later') {
  const { url } = world().target;
  world().target.answerBy(name, ({ region = null }) => ({ status: 202, body: { id: region } }));
  const later = ['watch: {}', `cancel: { url: "${url}/${name}/cancel?id=\${{ result.id }}" }`];
  await world().defineRun(name, {
    run: [
      'kind: fanOut',
      'over: "${{ event.data.regions }}"',
      `branch: { target: ${name}, params: { region: "\${{ item }}" } }`,
      'retry: { delays: [] }',
      ...run,
    ],
    targets: ['after', 'asked'].map((it) => `${name}-${it}`),
    more: targetYaml(name, url, ends === 'later' ? later : []),
  });
}

const then = (name: string) => `then: { target: ${name}-after, params: { all: "\${{ result.branches }}" } }`;

/** The targets of these branches say how they ended, each once the one before has been heard. */
async function finish(runId: string, regions: readonly string[], status: FinishAnswer['status'] = 'succeeded') {
  for (const region of regions) {
    const answer = { status, result: { region }, detail: `${region} says so` };
    await handleOf(branchIdOf(runId, region)).executeUpdate(finishUpdate, { args: [answer] });
    await world().settle();
  }
}

async function start(name: string, regions: Json = REGIONS) {
  await world().send(name, 'e', { regions });
  await world().settle();
  return world().onlyRunId(name);
}

const started = (name: string): readonly string[] =>
  world()
    .target.calls(name)
    .map(({ body }) => JSON.parse(body).params.region);
const stopped = (name: string, region: string) => world().target.calls(`${name}/cancel?id=${region}`).length;
const handleOf = (runId: string) => world().client.workflow.getHandle(runId);
const resultOf = (runId: string): Promise<unknown> => handleOf(runId).result();
const statusOf = async (runId: string) => (await handleOf(runId).describe()).status.name;
const counts = async (name: string) => (await world().view(name)).counts.ended;

describe('a fan-out', () => {
  it('runs a branch for each value, so many at once, then the aggregate with all results', async () => {
    await define('whole', ['parallel: 2', then('whole')]);
    const runId = await start('whole');
    expect(started('whole').toSorted()).toEqual(['eu', 'us']);
    expect(await world().details(runId)).toContain('**0 of 5 branches succeeded, 5 are needed**');
    expect(await world().details(branchIdOf(runId, 'eu'))).toContain(`in fan-out \`${runId}\``);
    await finish(runId, ['us']);
    expect(started('whole').at(2)).toBe('ap');
    for (const region of ['eu', 'ap', 'in', 'br']) await finish(runId, [region]);
    const branches = REGIONS.map((region) => ({
      value: region,
      runId: branchIdOf(runId, region),
      status: 'succeeded',
      result: { region },
    }));
    expect(await resultOf(runId)).toEqual({ status: 'succeeded', result: { branches, answer: { auc: 0.9 } } });
    expect(started('whole').toSorted()).toEqual(REGIONS.toSorted());
    expect(world().target.params('whole-after', 'all')).toEqual([branches]);
    const calls = world().target.calls('whole');
    expect(calls.map(({ token }) => String(token)).toSorted()).toEqual(branches.map((it) => it.runId).toSorted());
    expect(world().target.calls('whole-after')[0]?.token).toBe(`${runId}.then`);
    expect(await counts('whole')).toMatchObject({ succeeded: 1 });
    expect(await handleOf(runId).query(branchesQuery)).toEqual(branches);
  });

  it('goes on as soon as its quorum is there, and cancels the rest', async () => {
    await define('four', ['quorum: 4', then('four')]);
    const runId = await start('four');
    await finish(runId, REGIONS.slice(0, 4));
    expect(await resultOf(runId)).toMatchObject({
      result: { branches: [{ status: 'succeeded' }, {}, {}, {}, { value: 'br', status: 'cancelled' }] },
    });
    expect([stopped('four', 'br'), stopped('four', 'eu')]).toEqual([1, 0]);
    expect(world().target.calls('four-after')).toHaveLength(1);
    expect(await statusOf(branchIdOf(runId, 'br'))).toBe('CANCELLED');
  });

  it('has failed as soon as its quorum cannot be reached: one dead letter, and nothing of it goes on', async () => {
    await define('short', ['quorum: 4', 'parallel: 3', then('short')]);
    const runId = await start('short');
    await finish(runId, ['eu', 'us'], 'failed');
    const why =
      /^3 of 5 branches can succeed, the quorum is 4\. eu failed: eu says so; us failed: us says so; ap running/;
    await expect(resultOf(runId)).rejects.toMatchObject({
      cause: { type: 'run_failed', message: expect.stringMatching(why) },
    });
    expect(['ap', 'in'].map((region) => stopped('short', region))).toEqual([1, 1]);
    expect(started('short')).not.toContain('br');
    expect(world().target.calls('short-after')).toEqual([]);
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'fan_out_failed', place: '/run/quorum' });
    expect(letter.entries[0]?.event).toMatchObject({ params: { over: REGIONS } });
    expect(await counts('short')).toMatchObject({ failed: 1 });
  });

  it('times out where its quorum is not there in time, and its branch that never ends is told to', async () => {
    await define('slow', ['within: 30m', then('slow')]);
    const runId = await start('slow');
    await finish(runId, REGIONS.slice(1));
    await world().sleep(HOUR);
    await expect(resultOf(runId)).rejects.toMatchObject({
      cause: { type: 'run_timed_out', message: '4 of 5 branches succeeded within 30m. eu running' },
    });
    expect(stopped('slow', 'eu')).toBe(1);
    expect(await world().deadLetter(runDeadLetterId(runId))).toMatchObject({ place: '/run/within' });
    expect(await counts('slow')).toMatchObject({ timedOut: 1 });
  });

  it('is cancelled with all its branches, and leaves no dead letter', async () => {
    await define('ended', ['parallel: 3', 'afterQuorum: letFinish', 'quorum: 4']);
    const runId = await start('ended');
    await handleOf(runId).cancel();
    await world().settle();
    await expect(resultOf(runId)).rejects.toThrow();
    expect(REGIONS.slice(0, 3).map((region) => stopped('ended', region))).toEqual([1, 1, 1]);
    expect(started('ended')).toHaveLength(3);
    expect(await counts('ended')).toMatchObject({ cancelled: 1 });
    await expect(world().deadLetter(runDeadLetterId(runId))).rejects.toThrow();
  });

  it('does without a branch that a person cancels, that failed, or whose target refuses it', async () => {
    await define('without', ['quorum: 2']);
    world().target.answerBy('without', ({ region = null }) =>
      region === 'br' ? { status: 404 } : { status: 202, body: { id: region } },
    );
    const runId = await start('without');
    await handleOf(branchIdOf(runId, 'eu')).cancel();
    await finish(runId, ['us'], 'timedOut');
    await finish(runId, ['ap', 'in']);
    expect(await resultOf(runId)).toMatchObject({
      result: {
        branches: [
          { value: 'eu', status: 'cancelled' },
          { value: 'us', status: 'timedOut', detail: 'us says so' },
          { status: 'succeeded' },
          { status: 'succeeded' },
          { value: 'br', status: 'failed', detail: expect.stringContaining('target_rejected: ') },
        ],
      },
    });
  });

  it('gives each branch a callback of its own', async () => {
    await define('told');
    const runId = await start('told', ['eu', 'us']);
    const tokens: readonly string[] = world()
      .target.calls('told')
      .map(({ body }) => JSON.parse(body).callback.token);
    const expected = ['eu', 'us'].map((region) => `token of ${branchIdOf(runId, region)}`);
    expect(tokens.toSorted()).toEqual(expected.toSorted());
  });

  it('is skipped, and starts nothing, where its guard is closed', async () => {
    await define('closed', ['guard: { target: closed-asked, expect: "result.free" }']);
    world().target.answer('closed-asked', { status: 200, body: { free: false } });
    expect(await resultOf(await start('closed'))).toMatchObject({ status: 'skipped' });
    expect(started('closed')).toEqual([]);
  });

  it('takes a place in its pool for each branch, and none for itself', async () => {
    await world().definePool('regions', 2);
    await define('held', ['pool: regions']);
    const runId = await start('held');
    const first = started('held');
    expect(first).toHaveLength(2);
    await finish(runId, first);
    await finish(runId, started('held').slice(2));
    await finish(runId, started('held').slice(4));
    expect(await resultOf(runId)).toMatchObject({ status: 'succeeded' });
  });
});

describe('what a fan-out goes over', () => {
  it.each([
    ['nested', [{ region: 'eu' }], 'value 1 is an object'],
    ['empty', [], 'an empty list'],
    ['crowd', Array.from({ length: 101 }, (_, index) => index), 'more than 100'],
    ['huge', ['x'.repeat(201)], '201 bytes'],
    ['texty', 'eu', 'a list is expected'],
  ])('is refused, with nothing started: %s', async (name, regions, why) => {
    await define(name);
    const runId = await start(name, regions);
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/run/over' });
    expect(letter.entries[0]?.detail).toContain(why);
    expect(started(name)).toEqual([]);
  });

  it('is one branch where a value stands twice, and fails at once where that makes the quorum impossible', async () => {
    await define('twice', [], 'atOnce');
    expect(await resultOf(await start('twice', ['eu', 'us', 'eu']))).toMatchObject({ status: 'succeeded' });
    expect(started('twice').toSorted()).toEqual(['eu', 'us']);
    await define('toofew', ['quorum: 3'], 'atOnce');
    const runId = await start('toofew', ['eu', 'us', 'eu']);
    await expect(resultOf(runId)).rejects.toMatchObject({
      cause: { message: '2 of 2 branches can succeed, the quorum is 3.' },
    });
    expect(started('toofew')).toEqual([]);
  });
});

describe('the replay of a fan-out', () => {
  const replay = async (runId: string, params?: { readonly over: Json }) => {
    const orders = createLetterOrders(world().client, Date.now);
    if (params) await orders.editLetter(runId, { by: 'ann', params });
    expect(await orders.replayLetter(runId, { by: 'ann' })).toMatchObject({ ok: true });
    await world().settle();
  };

  it('calls only what had not succeeded, with a token of its own, over any number of replays', async () => {
    await define('again', ['parallel: 1', then('again')], 'atOnce');
    const bad = new Set<Json>(['us']);
    world().target.answerBy('again', ({ region = null }) =>
      bad.has(region) ? { status: 404 } : { status: 200, body: { region } },
    );
    const first = await start('again', ['eu', 'us', 'ap']);
    bad.clear();
    bad.add('ap');
    await replay(first);
    const second = world().runs('again')[1]?.runId ?? '';
    expect(await world().deadLetter(runDeadLetterId(second))).toMatchObject({ code: 'fan_out_failed' });
    bad.clear();
    await replay(second);
    const third = world().runs('again')[2]?.runId ?? '';
    expect(await resultOf(third)).toMatchObject({
      result: {
        branches: [
          { value: 'eu', runId: branchIdOf(first, 'eu'), result: { region: 'eu' } },
          { value: 'us', runId: branchIdOf(second, 'us'), result: { region: 'us' } },
          { value: 'ap', runId: branchIdOf(third, 'ap'), result: { region: 'ap' } },
        ],
      },
    });
    expect(started('again')).toEqual(['eu', 'us', 'us', 'ap', 'ap']);
    expect(world().target.calls('again-after')).toHaveLength(1);
  });

  it('of which only what follows failed makes that call alone', async () => {
    await define('then', [then('then')], 'atOnce');
    world().target.answer('then-after', { status: 404 });
    const runId = await start('then');
    expect(await world().deadLetter(runDeadLetterId(runId))).toMatchObject({
      code: 'target_rejected',
      place: '/run/then',
    });
    await replay(runId);
    expect(started('then')).toHaveLength(5);
    expect(world().target.calls('then-after')).toHaveLength(2);
    expect(await resultOf(world().runs('then')[1]?.runId ?? '')).toMatchObject({ status: 'succeeded' });
  });

  it('goes over what a person gives in place of what failed', async () => {
    await define('edited', [], 'atOnce');
    const runId = await start('edited', [{ region: 'eu' }]);
    await replay(runId, { over: ['eu'] });
    expect(await resultOf(world().runs('edited')[1]?.runId ?? '')).toMatchObject({ status: 'succeeded' });
    expect(started('edited')).toEqual(['eu']);
  });
});

describe('a branch that nobody waits for any more', () => {
  // The last one: this server skips no time any more once a workflow has ended whose parent had ended before it.
  it('goes on where that is wanted, ends late, and is linked to its fan-out', async () => {
    await define('late', ['quorum: 4', 'afterQuorum: letFinish', then('late')]);
    const runId = await start('late');
    await finish(runId, REGIONS.slice(0, 4));
    const late = branchIdOf(runId, 'br');
    expect(await resultOf(runId)).toMatchObject({
      result: { branches: [{}, {}, {}, {}, { value: 'br', status: 'running', runId: late }] },
    });
    expect(await statusOf(late)).toBe('RUNNING');
    await handleOf(late).executeUpdate(finishUpdate, { args: [{ status: 'succeeded', result: 'br' }] });
    expect(await resultOf(late)).toEqual({ status: 'succeeded', result: 'br' });
    expect((await handleOf(late).describe()).memo).toMatchObject({ branch: { of: runId, value: 'br' } });
  });
});
