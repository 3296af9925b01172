import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { COMMIT_DEADLINE_MS, type Committed, Lane, type LaneOptions } from '../../src/accept/lane.ts';
import { PAUSE_EVERY_SIGNALS, SENDER_BYTES_MAX, SENDER_SIGNALS_MAX } from '../../src/contract/limits.ts';
import { refusal } from '../../src/errors.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

type Sent = { readonly items: readonly string[]; readonly pause: boolean };

/** A lane of texts, one byte a character; signals wait for `acknowledge` unless `instant`. */
function laneOf(options: Partial<LaneOptions<string>> & { readonly instant?: boolean } = {}) {
  const sent: Sent[] = [];
  const waiting: { readonly resolve: (runId: string) => void; readonly reject: (error: Error) => void }[] = [];
  const state = { runId: 'run-1' };
  const lane = new Lane<string>({
    itemsMax: 3,
    bytesMax: 10,
    bytesOf: (item) => item.length,
    isPatient: (item) => item.startsWith('~'),
    now: Date.now,
    admit: async () => undefined,
    pauseEveryBytes: () => Infinity,
    send: (items, pause) => {
      sent.push({ items, pause });
      if (options.instant) return Promise.resolve(state.runId);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    ...options,
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    lane,
    sent,
    state,
    settle,
    acknowledge: async () => {
      waiting.shift()?.resolve(state.runId);
      await settle();
    },
    fail: async (message: string) => {
      waiting.shift()?.reject(new Error(message));
      await settle();
    },
  };
}

/** What became of each, as soon as it is known. */
function watch(commits: readonly Promise<Committed>[]): (string | undefined)[] {
  const known: (string | undefined)[] = commits.map(() => undefined);
  for (const [index, commit] of commits.entries()) {
    void commit.then((committed) => {
      known[index] = committed.ok ? 'ok' : committed.refusal.code;
    });
  }
  return known;
}

describe('a lane', () => {
  it('sends the first at once, and what comes meanwhile together, one signal in flight', async () => {
    const { lane, sent, acknowledge, settle } = laneOf();
    const known = watch(['a', 'b', 'c'].map((item) => lane.commit(item)));
    await settle();
    expect(sent).toEqual([{ items: ['a'], pause: false }]);
    expect(known).toEqual([undefined, undefined, undefined]);
    await acknowledge();
    expect(known).toEqual(['ok', undefined, undefined]);
    expect(sent[1]).toEqual({ items: ['b', 'c'], pause: false });
    await acknowledge();
    expect(known).toEqual(['ok', 'ok', 'ok']);
    expect(sent).toHaveLength(2);
  });

  it('puts no more into a signal than its items and bytes allow; one larger item goes alone', async () => {
    const { lane, sent, settle } = laneOf({ instant: true });
    for (const item of ['first', '1', '2', '3', '4', 'aaaaaa', 'bbbbbb', 'far too large for one', 'z']) {
      void lane.commit(item);
    }
    await settle();
    expect(sent.map(({ items }) => items)).toEqual([
      ['first'],
      ['1', '2', '3'],
      ['4', 'aaaaaa'],
      ['bbbbbb'],
      ['far too large for one'],
      ['z'],
    ]);
  });

  it('lets patient items wait for company, and go at once when others do', async () => {
    const { lane, sent } = laneOf({ instant: true });
    void lane.commit('~1');
    await vi.advanceTimersByTimeAsync(50);
    void lane.commit('~2');
    await vi.advanceTimersByTimeAsync(49);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent.map(({ items }) => items)).toEqual([['~1', '~2']]);
    void lane.commit('~3');
    void lane.commit('now');
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ items }) => items)).toEqual([
      ['~1', '~2'],
      ['~3', 'now'],
    ]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent).toHaveLength(2);
  });

  it('answers temporal_unavailable for what was not acknowledged, and goes on', async () => {
    const { lane, sent, fail, acknowledge, settle } = laneOf();
    const known = watch([lane.commit('a'), lane.commit('b')]);
    await settle();
    await fail('14 UNAVAILABLE');
    expect(known).toEqual(['temporal_unavailable', undefined]);
    await acknowledge();
    expect(known).toEqual(['temporal_unavailable', 'ok']);
    expect(sent).toHaveLength(2);
  });

  it('gives up what waited longer than a sender does', async () => {
    const { lane, sent, acknowledge, settle } = laneOf();
    const known = watch([lane.commit('a'), lane.commit('b')]);
    await settle();
    await vi.advanceTimersByTimeAsync(COMMIT_DEADLINE_MS - 1);
    known.push(...watch([]));
    const late = watch([lane.commit('c')]);
    await vi.advanceTimersByTimeAsync(1);
    await acknowledge();
    expect(known).toEqual(['ok', 'temporal_unavailable']);
    expect(sent[1]?.items).toEqual(['c']);
    await acknowledge();
    expect(late).toEqual(['ok']);
  });

  it('passes on why the receiver has no room', async () => {
    const full = refusal('saturated', 'full', { retryAfterSeconds: 1 });
    const { lane, sent } = laneOf({
      instant: true,
      admit: async (items) => (items.includes('b') ? () => Promise.resolve({ ok: false, refusal: full }) : undefined),
    });
    expect(await lane.commit('b')).toEqual({ ok: false, refusal: full });
    expect(await lane.commit('a')).toEqual({ ok: true });
    expect(sent.map(({ items }) => items)).toEqual([['a']]);
  });

  it('says when nothing is left to send', async () => {
    const idle = vi.fn();
    const { lane, acknowledge, settle } = laneOf({ onIdle: idle });
    void lane.commit('a');
    void lane.commit('b');
    await settle();
    await acknowledge();
    expect(idle).not.toHaveBeenCalled();
    await acknowledge();
    expect(idle).toHaveBeenCalledOnce();
  });

  it('announces a pause every so many signals to one run, is silent after it, and counts anew for another run', async () => {
    const { lane, sent, state } = laneOf({ instant: true });
    const send = async (times: number) => {
      for (let count = 0; count < times; count += 1) await lane.commit('x');
    };
    await send(PAUSE_EVERY_SIGNALS);
    expect(sent.map(({ pause }) => pause).indexOf(true)).toBe(PAUSE_EVERY_SIGNALS - 1);
    const after = lane.commit('y');
    await vi.advanceTimersByTimeAsync(39);
    expect(sent).toHaveLength(PAUSE_EVERY_SIGNALS);
    await vi.advanceTimersByTimeAsync(1);
    expect(await after).toEqual({ ok: true });
    await send(PAUSE_EVERY_SIGNALS / 2);
    state.runId = 'run-2';
    // The first signal that a new run takes is the first that counts.
    await send(PAUSE_EVERY_SIGNALS - 1);
    expect(sent.filter(({ pause }) => pause)).toHaveLength(1);
    await send(1);
    expect(sent.at(-1)?.pause).toBe(true);
  });

  it('announces a pause after the bytes the receiver may grow by', async () => {
    const { lane, sent } = laneOf({ instant: true, pauseEveryBytes: () => 20 });
    for (const item of ['12345678', '12345678', '1234']) await lane.commit(item);
    expect(sent.map(({ pause }) => pause)).toEqual([false, false, true]);
  });

  it('is silent longer after a pause where the receiver carries much', async () => {
    const { lane, sent } = laneOf({ instant: true, pauseEveryBytes: () => 1 });
    lane.carriedBytes = 1_024 * 1_024;
    await lane.commit('a');
    void lane.commit('b');
    await vi.advanceTimersByTimeAsync(239);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
  });

  it('is silent longer after a pause where commits are slow', async () => {
    const { lane, sent, acknowledge } = laneOf({ pauseEveryBytes: () => 1 });
    const first = lane.commit('a');
    await vi.advanceTimersByTimeAsync(1_000);
    void lane.commit('b');
    await acknowledge();
    expect(await first).toEqual({ ok: true });
    await vi.advanceTimersByTimeAsync(339);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
  });

  it('stops at half of what kills a run, lets a probe through now and then, and goes on with the next run', async () => {
    const huge = SENDER_BYTES_MAX / 2;
    const { lane, sent, state } = laneOf({ instant: true, bytesOf: () => huge });
    expect(await lane.commit('a')).toEqual({ ok: true });
    expect(await lane.commit('b')).toEqual({ ok: true });
    // The first over the limit is a probe.
    expect(await lane.commit('c')).toEqual({ ok: true });
    expect(await lane.commit('d')).toMatchObject({ ok: false, refusal: { code: 'saturated', retryAfterSeconds: 5 } });
    await vi.advanceTimersByTimeAsync(5_000);
    state.runId = 'run-2';
    expect(await lane.commit('e')).toEqual({ ok: true });
    expect(await lane.commit('f')).toEqual({ ok: true });
    expect(sent.map(({ items }) => items).flat()).toEqual(['a', 'b', 'c', 'e', 'f']);
  });

  it('stops by the number of signals too', async () => {
    const { lane } = laneOf({ instant: true });
    const outcomes: boolean[] = [];
    const flood = (async () => {
      for (let count = 0; count < SENDER_SIGNALS_MAX + 2; count += 1) outcomes.push((await lane.commit('x')).ok);
    })();
    await vi.advanceTimersByTimeAsync(60 * SENDER_SIGNALS_MAX);
    await flood;
    expect(outcomes.filter((ok) => !ok)).toHaveLength(1);
    expect(outcomes.at(-1)).toBe(false);
  });
});

describe('what waits', () => {
  it('is bounded by its bytes, and there is room again when it went', async () => {
    const { lane, acknowledge, settle, state } = laneOf({ bytesOf: () => 10 * 1_024 * 1_024 });
    const taken = Array.from({ length: 7 }, (_, index) => lane.commit(`${index}`));
    const refused = lane.commit('more');
    await settle();
    await acknowledge();
    taken.push(lane.commit('then'));
    for (let left = 0; left < 8; left += 1) {
      state.runId = `after-${left}`;
      await acknowledge();
    }
    expect(await refused).toMatchObject({ ok: false, refusal: { code: 'saturated', retryAfterSeconds: 2 } });
    expect(await Promise.all(taken)).toEqual(taken.map(() => ({ ok: true })));
  });
});
