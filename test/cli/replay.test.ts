import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { actOnReplay, eventReplays, replay, replayEvents } from '../../src/cli/replay.ts';
import { refusal } from '../../src/errors.ts';
import type { AskedReplay, EventsReplayed, OperateApi } from '../../src/http/operate-api.ts';
import { NOTHING_DONE, startService } from '../http/service.ts';

const SINCE = '2026-09-01T00:00:00.000Z';
const UNTIL = '2026-09-02T00:00:00.000Z';
const SPAN = { since: SINCE, until: UNTIL };

const replayed: EventsReplayed = {
  replayId: 'rpl_1',
  trigger: 'retrain',
  workflowId: 'replay/retrain/rpl_1',
  state: 'running',
  ...SPAN,
  pace: '10/s',
  by: 'ann',
  expected: 3,
  offered: 1,
  failed: 0,
  notTaken: 0,
  partial: 0,
};

async function command(
  of: (service: { url: string; from: 'environment' }) => Promise<number>,
  operate: Partial<OperateApi>,
) {
  const { url } = await startService({ operate: { ...NOTHING_DONE, ...operate }, now: () => Date.now() });
  let [out, err] = ['', ''];
  const toOut = vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))));
  const toErr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))));
  const restore = () => [toOut, toErr].forEach((spy) => spy.mockRestore());
  onTestFinished(restore);
  const code = await of({ url, from: 'environment' });
  restore();
  return { code, out, err };
}

describe('signalbox replay', () => {
  test('says what it would do, and the command that does it', async () => {
    const asked: AskedReplay[] = [];
    const forecastReplay: OperateApi['forecastReplay'] = async (trigger, wish) => {
      asked.push(wish);
      const counts = {
        events: 9,
        notTaken: 1,
        partial: 2,
        takesMs: 900,
        failed: 1,
        runs: 3,
        deadLettered: 1,
        waiting: 1,
      };
      const of = { trigger, dryRun: true, ...SPAN, pace: '10/s', notices: ['A notice.'] } as const;
      return { ok: true, value: { ...of, ...counts, suppressed: { dedupe: 2 } } };
    };
    const { code, out } = await command((service) => replayEvents('retrain', SPAN, 'text', service), {
      forecastReplay,
    });
    expect(code).toBe(0);
    expect(asked).toMatchObject([{ sinceAt: Date.parse(SINCE), untilAt: Date.parse(UNTIL), pace: 10, again: false }]);
    expect(out).toBe(
      `A replay through retrain brings 9 events of ${SINCE} to ${UNTIL}, in 900ms at 10/s:
  starts 3 runs
  dedupe suppresses 2 events
  dead-letters 2 events
  leaves 1 event waiting a day after the last
It does not take 1 other event of the span.
Left out, because only parts are kept: 2 events.
Note: A notice.

Nothing was done. To do it:
  signalbox replay --trigger retrain --since ${SINCE} --until ${UNTIL} --pace 10/s --yes
`,
    );
  });

  test('does it, and shows how far it is until it has ended', async () => {
    const states: EventsReplayed[] = [
      { ...replayed, offered: 2 },
      { ...replayed, state: 'done', offered: 3 },
    ];
    const { code, out, err } = await command(
      (service) => replayEvents('retrain', { ...SPAN, yes: true }, 'text', service),
      {
        startReplay: async () => ({ ok: true, value: replayed }),
        replay: async () => ({ ok: true, value: states.shift() ?? replayed }),
      },
    );
    expect({ code, states }).toEqual({ code: 0, states: [] });
    expect(err).toContain('To end it: signalbox replay stop rpl_1 --trigger retrain');
    expect(err).toContain('2 of 3 events');
    expect(out).toContain('rpl_1  done  3 of 3 events');
  });

  test.each<[Partial<EventsReplayed>, number, string]>([
    [{ state: 'done', offered: 3 }, 0, 'done'],
    [{ state: 'done', why: 'Fewer than were counted.' }, 1, 'Fewer than were counted.'],
    [{ state: 'stopped', why: 'bob' }, 1, 'by bob'],
    [{ state: 'refused', why: 'store_off: none' }, 1, 'to go on: signalbox replay resume rpl_1 --trigger retrain'],
  ])('of %j ends with %i', async (over, code, told) => {
    const done = await command((service) => replayEvents('retrain', { ...SPAN, yes: true }, 'text', service), {
      startReplay: async () => ({ ok: true, value: { ...replayed, ...over } }),
    });
    expect(done).toMatchObject({ code, out: expect.stringContaining(told) });
  });

  test('says why it is refused', async () => {
    const startReplay: OperateApi['startReplay'] = async () => ({
      ok: false,
      refusal: refusal('already_replayed', 'Replay rpl_0 brings it.'),
    });
    const yes = await command((service) => replayEvents('retrain', { ...SPAN, yes: true }, 'text', service), {
      startReplay,
    });
    expect(yes).toMatchObject({ code: 1, err: expect.stringContaining('already_replayed: Replay rpl_0 brings it.') });
    const spanless = await command((service) => replayEvents('retrain', {}, 'text', service), {});
    expect(spanless).toMatchObject({ code: 2, err: expect.stringContaining('--since 24h') });
    const odd = await command((service) => replayEvents('retrain', { since: 'soon', yes: true }, 'text', service), {});
    expect(odd).toMatchObject({ code: 1, err: expect.stringContaining('/since') });
  });

  test('lists, shows, stops and lets go on', async () => {
    const value = replayed;
    const operate: Partial<OperateApi> = {
      replays: async () => ({ ok: true, value: { replays: [value] } }),
      replay: async () => ({ ok: true, value: { ...value, notTaken: 1, failed: 1, partial: 1 } }),
      stopReplay: async (_trigger, _id, by) => ({ ok: true, value: { ...value, state: 'stopped', why: by } }),
      resumeReplay: async () => ({ ok: true, value }),
    };
    const outOf = async (of: Parameters<typeof command>[0]) => (await command(of, operate)).out;
    expect(await outOf((service) => eventReplays('retrain', 'text', service))).toMatch(/^rpl_1 {2}running/);
    const shown = await outOf((service) => replay('retrain', 'rpl_1', 'text', service));
    expect(shown).toMatch(
      /dead-lettered: 1 event[^]*by it: 1 other event[^]*kept: 1 event[^]*to end it:[^]*replay\/retrain\/rpl_1/,
    );
    const act = (action: 'stop' | 'resume') =>
      outOf((service) => actOnReplay(action, 'retrain', 'rpl_1', { by: 'bob' }, 'text', service));
    expect(await act('stop')).toContain('by bob');
    expect(await act('resume')).toContain('running');
  });
});
