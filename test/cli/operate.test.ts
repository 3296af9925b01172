import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { replayLetters, replays, stopBulkReplay } from '../../src/cli/bulk-replays.ts';
import { discardLetter, editLetter, letter, letters, replayLetter } from '../../src/cli/dead-letters.ts';
import { dryRun } from '../../src/cli/dry-run.ts';
import { breaker, fire, pauseOrResume } from '../../src/cli/orders.ts';
import { answerRun, cancelRun, run, runs } from '../../src/cli/runs.ts';
import type { OperateApi } from '../../src/http/operate-api.ts';
import type { BulkReplay, ReadApi } from '../../src/http/read-api.ts';
import { initialState } from '../../src/core/state.ts';
import { triggerOf } from '../accept/given.ts';
import { eventOf, NOTHING_DONE, NOTHING_READ, startService } from '../http/service.ts';

const AT = new Date(Date.now() - 60_000).toISOString();
const SOON = new Date(Date.now() + 3_600_000).toISOString();

const summary = {
  runId: 'sb1-1',
  trigger: 'retrain',
  key: 'eu',
  target: 'train',
  cause: 'events',
  status: 'waitingForApproval',
  startedAt: AT,
  eventCount: 2,
  approval: { state: 'waiting', until: SOON, onTimeout: 'reject', why: 'approval' },
} as const;

/** What a command said and how it ended, over a service that holds one run and one trigger. */
async function command(
  of: (service: { url: string; from: 'environment' }) => Promise<number>,
  over: { readonly read?: Partial<ReadApi>; readonly operate?: Partial<OperateApi> } = {},
) {
  const { url } = await startService({
    read: {
      ...NOTHING_READ,
      runs: async () => ({ ok: true, value: { runs: [summary], next: 'bW9yZQ' } }),
      run: async () => ({ ok: true, value: { ...summary, kind: 'train' } }),
      ...over.read,
    },
    operate: { ...NOTHING_DONE, ...over.operate },
  });
  let [out, err] = ['', ''];
  const toOut = vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  const toErr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))));
  onTestFinished(() => {
    toOut.mockRestore();
    toErr.mockRestore();
  });
  const code = await of({ url, from: 'environment' });
  toOut.mockRestore();
  toErr.mockRestore();
  return { code, out, err };
}

describe('signalbox runs', () => {
  test('lists what waits and until when, and how to go on', async () => {
    const { code, out } = await command((service) => runs({ status: 'waitingForApproval' }, 'text', service));
    expect(code).toBe(0);
    expect(out).toMatch(/sb1-1 +retrain +eu +waits for approval until .* +.*2 events/);
    expect(out).toContain('more: --page bW9yZQ');
  });

  test('shows one run with its approval, and where it comes from', async () => {
    const { out } = await command((service) => run('sb1-1', 'text', service));
    expect(out).toMatch(/approval +waits until .*, then rejected \(approval\)/);
    const approval = { state: 'approved', by: 'ann', at: AT, reason: 'seen' } as const;
    const lineage = { root: 'evt_root', parent: 'sb1-p', depth: 2 };
    const read = { run: async () => ({ ok: true as const, value: { ...summary, kind: 'train', approval, lineage } }) };
    const decided = (await command((service) => run('sb1-1', 'text', service), { read })).out;
    expect(decided).toContain('approved by ann');
    expect(decided).toMatch(/from +sb1-p, hop 2 since evt_root/);
  });

  test('says no where the filter is wrong or the run is not there', async () => {
    const wrong = await command((service) => runs({ status: 'odd' }, 'text', service));
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('/status') });
    const cancelled = await command((service) => cancelRun('nope', {}, 'text', service));
    expect(cancelled).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
  });

  test('answers a run with who and why', async () => {
    const given: unknown[] = [];
    const operate: Partial<OperateApi> = {
      answer: async (runId, decision, order) => {
        given.push(decision, order);
        return { ok: true, value: { runId, decision, by: 'ann', at: AT } };
      },
    };
    const by = { by: 'ann', reason: 'seen' };
    const { code, out } = await command((service) => answerRun('sb1-1', 'approve', by, 'text', service), { operate });
    expect({ code, out }).toEqual({ code: 0, out: 'sb1-1 is approved\n' });
    expect(given).toEqual(['approved', by]);
  });
});

describe('signalbox pause, resume, fire and breaker', () => {
  const given: unknown[] = [];
  const operate: Partial<OperateApi> = {
    order: async (trigger, order) => {
      given.push(order);
      const about = { at: AT, key: 'eu', eventCount: 2 };
      const decided = [
        { kind: order.kind, at: AT },
        { ...about, kind: 'runDecided', runId: 'sb1-2' },
        { ...about, kind: 'waiting', stage: 'hours', why: 'Closed.', dueAt: SOON },
        { ...about, kind: 'collected', stage: 'debounce' },
        { ...about, kind: 'suppressed', stage: 'dedupe', why: 'It came before.' },
        { kind: 'breaker', at: AT, detail: 'closed' },
      ];
      return { ok: true, value: { trigger, changed: order.kind !== 'pause', decided, more: 7 } };
    },
    orderAll: async () => ({ ok: true, value: { triggers: [{ trigger: 'b', problem: 'It does not answer.' }] } }),
  };

  test('tell what was decided, in words', async () => {
    const { code, out } = await command(
      (service) => pauseOrResume('resume', 'retrain', { key: 'eu', by: 'ann' }, 'text', service),
      { operate },
    );
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'retrain: resume',
      'retrain: starts run sb1-2 of 2 events key eu',
      expect.stringMatching(/^retrain: waits at hours of 2 events key eu until .*: Closed\.$/),
      'retrain: collects in debounce of 2 events key eu',
      'retrain: suppressed by dedupe of 2 events key eu: It came before.',
      'retrain: breaker closed',
      'retrain: and 7 more',
      '',
    ]);
    expect(given.at(-1)).toEqual({ kind: 'resume', key: 'eu', by: 'ann' });
  });

  test('say that nothing changed, and which trigger did not answer', async () => {
    const one = await command((service) => pauseOrResume('pause', 'retrain', {}, 'text', service), { operate });
    expect(one.out).toBe('retrain: nothing changed, it was so already\n');
    const all = await command((service) => pauseOrResume('pause', undefined, { all: true }, 'text', service), {
      operate,
    });
    expect(all.out).toBe('b: It does not answer.\n');
  });

  test('need a trigger or --all', async () => {
    const both = await command((service) => pauseOrResume('pause', 'a', { all: true }, 'text', service), { operate });
    const none = await command((service) => pauseOrResume('pause', undefined, {}, 'text', service), { operate });
    expect([both.code, none.code]).toEqual([2, 2]);
  });

  test('fire with params and an id of its own', async () => {
    const params = '{"full":true}';
    const asked = { key: 'eu', force: true, params, id: 'once', by: 'ann' };
    const { code, out } = await command((service) => fire('retrain', asked, 'json', service), { operate });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ key: 'eu', idempotencyKey: 'once', runId: 'sb1-2' });
    expect(given.at(-1)).toEqual({ ...asked, kind: 'fire', params: { full: true } });
    expect((await command((service) => fire('retrain', { params: '{' }, 'text', service), { operate })).code).toBe(2);
    expect((await command((service) => fire('retrain', { params: '[]' }, 'text', service), { operate })).code).toBe(1);
  });

  test('open a breaker', async () => {
    const { code } = await command((service) => breaker('retrain', 'open', { by: 'ann' }, 'text', service), {
      operate,
    });
    expect(code).toBe(0);
    expect(given.at(-1)).toEqual({ kind: 'breaker', to: 'open', by: 'ann' });
  });
});

describe('signalbox dry-run', () => {
  const read: Partial<ReadApi> = {
    state: async () => {
      const spec = ['events: { pattern: { type: [reading] } }', 'approval: { timeout: 1h }'];
      const trigger = await triggerOf(...spec);
      return { ok: true, value: { trigger, state: initialState(trigger.definition) } };
    },
  };

  async function tried(content: string, fill = false) {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-dry-run-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'event.json');
    writeFileSync(file, content);
    return command((service) => dryRun('retrain', file, { fill }, 'text', service), { read });
  }

  test('says what would start, stage by stage, and that it would ask', async () => {
    const { code, out } = await tried(JSON.stringify(eventOf()));
    expect(code).toBe(0);
    expect(out).toMatch(/^It would start run sb1-/);
    expect(out).toContain('✓ dedupe');
    expect(out).toContain('The run would ask for approval.');
  });

  test('fills in what is missing where it is told to', async () => {
    const { code } = await tried('{"type":"reading"}', true);
    expect(code).toBe(0);
    const bare = await tried('{"type":"reading"}');
    expect(bare).toMatchObject({ code: 1, err: expect.stringContaining('malformed_event') });
  });

  test.each(['[]', '{', ''])('cannot run on what is no event: %j', async (content) => {
    expect((await tried(content)).code).toBe(2);
  });
});

describe('signalbox dead-letters', () => {
  const listed = {
    deadLetterId: 'dead-letter/sb1-1',
    kind: 'run',
    trigger: 'retrain',
    code: 'target_rejected',
    place: '/run/target',
    target: 'train',
    key: 'eu',
    openedAt: AT,
    count: 1,
    detail: 'No such pipeline.',
  } as const;
  const whole = {
    ...listed,
    state: 'open',
    generation: 'g1',
    attempts: 1,
    beyond: 0,
    entries: [{ id: 'sb1-1', at: AT, detail: 'No such pipeline.' }],
    run: { runId: 'sb1-1', kind: 'train', cause: 'events', eventCount: 12, eventIds: ['evt_1', 'evt_2'] },
    params: { full: true },
    edited: { by: 'ann', at: AT },
    refused: { by: 'bob', at: AT, code: 'replay_refused', detail: 'Cools down.' },
  } as const;
  const read: Partial<ReadApi> = {
    deadLetters: async ({ code }) => ({
      ok: true,
      value: { deadLetters: code === 'target_rejected' ? [listed] : [], next: 'bW9yZQ' },
    }),
    deadLetter: async () => ({ ok: true, value: whole }),
  };

  test('lists what needs a person, and says where nothing does', async () => {
    const some = await command((service) => letters({ code: 'target_rejected' }, 'text', service), { read });
    expect(some.out).toMatch(/dead-letter\/sb1-1 +retrain +target_rejected +.* 1 +No such pipeline\./);
    expect(some.out).toContain('more: --page bW9yZQ');
    expect((await command((service) => letters({}, 'text', service), { read })).out).toBe('Nothing needs a person.\n');
  });

  test('shows one with its events, its parameters and what people tried', async () => {
    const { out } = await command((service) => letter('sb1-1', 'text', service), { read });
    expect(out).toMatch(/events +12: evt_1, evt_2 and 2 more/);
    expect(out).toMatch(/params +\{"full":true\}/);
    expect(out).toMatch(/edited +by ann, /);
    expect(out).toMatch(/refused +replay_refused: Cools down\. \(bob, /);
  });

  test('replays, edits and discards one', async () => {
    const given: unknown[] = [];
    const operate: Partial<OperateApi> = {
      replayLetter: async (deadLetterId, order) => {
        given.push(order);
        return { ok: true, value: { deadLetterId, runId: 'sb1-2', fate: 'waiting', why: 'Cools down.' } };
      },
      editLetter: async (deadLetterId, { params }) => ({ ok: true, value: { deadLetterId, params } }),
      discardLetter: async (deadLetterId, { reason }) => ({ ok: true, value: { deadLetterId, reason } }),
    };
    const by = { by: 'ann', reason: 'fixed' };
    const replayed = await command((service) => replayLetter('sb1-1', by, 'text', service), { operate });
    expect(replayed).toMatchObject({ code: 0, out: 'run sb1-2 waits: Cools down.\n' });
    expect(given).toEqual([by]);
    const replayLetterOfEvents: Partial<OperateApi> = {
      replayLetter: async (deadLetterId) => ({ ok: true, value: { deadLetterId, taken: 3, left: 1, why: 'No key.' } }),
    };
    const events = await command((service) => replayLetter('a/b', by, 'text', service), {
      operate: replayLetterOfEvents,
    });
    expect(events.out).toBe('3 events were taken\n1 stay: No key.\n');
    const edited = await command((service) => editLetter('a/b', '{"full":1}', by, 'text', service), { operate });
    expect(edited).toMatchObject({ code: 0, out: 'its replay will have {"full":1}\n' });
    const discarded = await command((service) => discardLetter('a/b', by, 'text', service), { operate });
    expect(discarded).toMatchObject({ code: 0, out: 'a/b is discarded: fixed\n' });
  });

  test('says which of many would be replayed, and replays them when told so', async () => {
    const given: unknown[] = [];
    const operate: Partial<OperateApi> = {
      selectLetters: async (filter) => {
        given.push(filter);
        const deadLetters = [{ deadLetterId: 'dead-letter/sb1-1', trigger: 'retrain', code: 'target_rejected' }];
        return { ok: true, value: { count: 30, beyond: 4, deadLetters } };
      },
      replayLetters: async (order) => {
        given.push(order);
        return { ok: true, value: { replayId: 'bulk-replay/a', count: 30 } };
      },
    };
    const filter = { trigger: 'retrain', limit: '5' };
    const dry = await command((service) => replayLetters(filter, {}, {}, 'text', service), { operate });
    expect(dry.out).toMatch(/30 open .*\ndead-letter\/sb1-1 .*\nand 29 more\n4 more than .*\nNothing was replayed/);
    const bulk = { yes: true, pace: '30/m', canary: '2' };
    const done = await command((service) => replayLetters(filter, bulk, { by: 'ann' }, 'text', service), { operate });
    expect(done.out).toContain('bulk-replay/a replays 30 dead letters');
    expect(given).toEqual([
      { trigger: 'retrain' },
      { filter: { trigger: 'retrain' }, perSecond: 0.5, canary: 2, by: 'ann' },
    ]);
    const which = await command((service) => replayLetters({}, { yes: true }, {}, 'text', service), { operate });
    expect(which).toMatchObject({ code: 2, err: expect.stringContaining('--all') });
    const fast = { ...bulk, pace: '101/s' };
    const tooFast = await command((service) => replayLetters(filter, fast, {}, 'text', service), { operate });
    expect(tooFast).toMatchObject({ code: 1, err: expect.stringContaining('/pace: is faster than 100/s') });
  });

  test('shows how bulk replays go, and what one did not replay', async () => {
    const bulk: BulkReplay = {
      replayId: 'bulk-replay/a',
      state: 'stopped',
      why: 'by bob',
      by: 'ann',
      startedAt: AT,
      perSecond: 10,
      canary: 1,
      begun: 3,
      left: 4,
      beyond: 5,
      counts: { replayed: 2, skipped: 1, refused: 0 },
      codes: { letter_closed: 1 },
      canaries: [{ deadLetterId: 'dead-letter/sb1-1', runId: 'sb1-2', status: 'succeeded' }],
      notes: [
        { deadLetterId: 'dead-letter/sb1-3', kind: 'skipped', code: 'letter_closed', detail: 'It was discarded.' },
      ],
    };
    const reads: Partial<ReadApi> = {
      bulkReplays: async () => ({ ok: true, value: [{ replayId: 'bulk-replay/a', startedAt: AT, running: true }] }),
      bulkReplay: async () => ({ ok: true, value: bulk }),
    };
    const list = await command((service) => replays(undefined, 'text', service), { read: reads });
    expect(list.out).toMatch(/bulk-replay\/a .* goes on/);
    const { out } = await command((service) => replays('a', 'text', service), { read: reads });
    for (const line of [
      /state +stopped: by bob/,
      /2 of 7, 4 left/,
      /1 skipped, 0 refused: 1 letter_closed/,
      /It was disc/,
    ]) {
      expect(out).toMatch(line);
    }
    const operate: Partial<OperateApi> = { stopBulkReplay: async () => ({ ok: true, value: bulk }) };
    const stopped = await command((service) => stopBulkReplay('a', {}, 'text', service), { operate });
    expect(stopped.out).toBe(out);
  });

  test('needs parameters to edit and a reason to discard', async () => {
    const edited = await command((service) => editLetter('a', '{', {}, 'text', service));
    expect(edited).toMatchObject({ code: 2, err: expect.stringContaining('--params') });
    const discarded = await command((service) => discardLetter('a', { by: 'ann' }, 'text', service));
    expect(discarded).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
    const large = await command((service) => editLetter('a', `{"a":"${'x'.repeat(70_000)}"}`, {}, 'text', service));
    expect(large).toMatchObject({ code: 1, err: expect.stringContaining('/params') });
  });
});
