import { describe, expect, it } from 'vitest';

import type { RunRequest } from '../../src/core/fact.ts';
import {
  addEntry,
  deadLetterText,
  type Held,
  letGo,
  letterEndText,
  notReplayable,
  partsOf,
} from '../../src/core/dead-letters.ts';
import { definition } from './given.ts';

const aRun: RunRequest = {
  runId: 'sb1-1',
  key: 'k',
  cause: 'events',
  firedAt: 0,
  generation: 'g1',
  settings: definition().run,
  bytes: 0,
  mode: 'live',
  members: 'm',
  items: [],
  last: {},
  receivedAt: 0,
};
const empty = (): Held => ({ entries: [], bytes: 0, beyond: 0 });
const entry = (id: string) => ({ at: 1, id, detail: `what is wrong with ${id}` });
const of = { code: 'filter_error', place: '/events/when', trigger: 'retrain', generation: 'g1', of: 'events' } as const;

describe('an open dead letter', () => {
  it('counts the same event once', () => {
    const held = empty();
    addEntry(held, entry('a'));
    addEntry(held, entry('a'));
    expect(held).toEqual({ entries: [entry('a')], bytes: 0, beyond: 0 });
  });

  it('keeps events while they fit 512 KB, then the entries without them', () => {
    const held = empty();
    const event = { body: 'x'.repeat(300 * 1_024) };
    addEntry(held, { ...entry('a'), event });
    addEntry(held, { ...entry('b'), event });
    addEntry(held, { ...entry('c'), event: { small: true } });
    expect(held.entries.map((kept) => kept.event !== undefined)).toEqual([true, false, true]);
    expect(held.bytes).toBe(JSON.stringify(event).length + JSON.stringify({ small: true }).length);
  });

  it('keeps 1,000 entries, counts the rest, and says so', () => {
    const held = empty();
    for (let index = 0; index < 1_002; index += 1) addEntry(held, entry(`e${index}`));
    expect([held.entries.length, held.beyond]).toEqual([1_000, 2]);
    const text = deadLetterText(of, held, String);
    for (const part of [
      'filter_error',
      '/events/when',
      'retrain',
      'g1',
      '1002 entries, 2 of them only counted',
      'e999',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('e989`');
  });

  it('reads well with one entry', () => {
    const held = empty();
    addEntry(held, entry('a'));
    expect(deadLetterText(of, held, String)).toContain('1 entry; the latest:\n- `a` what is wrong with a');
  });

  it('keeps a run for its replay, unless it is larger than any instance holds', () => {
    const held = empty();
    const run = { ...aRun, items: [] };
    addEntry(held, { ...entry('a'), run });
    addEntry(held, { ...entry('b'), run: { ...run, params: { body: 'x'.repeat(1_100_000) } } });
    expect(held.entries.map((kept) => kept.run !== undefined)).toEqual([true, false]);
  });

  it('says what people tried', () => {
    const held = empty();
    addEntry(held, entry('a'));
    const handling = {
      edited: { by: 'ann', at: 1 },
      refused: { by: 'bob', at: 2, code: 'replay_refused', detail: 'Closed.' },
    };
    const text = deadLetterText({ ...of, of: 'run', handling }, held, String);
    expect(text).toContain('parameters that ann gave at 1');
    expect(text).toContain('The replay by bob at 2 was refused, replay_refused: Closed.');
    expect(text).toContain('`edit`');
  });

  it('says how it was closed', () => {
    expect(letterEndText({ replayed: 'sb1-2', by: 'ann' })).toBe('**Replayed** by ann as `sb1-2`.');
    expect(letterEndText({ discarded: 'old', by: 'ann' })).toBe('**Discarded** by ann: old');
    expect(letterEndText({ taken: 2, by: 'ann' })).toBe('**Replayed** by ann: 2 events were taken.');
    expect(letterEndText({ discarded: 'old' })).toBe('**Discarded**: old');
  });

  it('lets go of what was taken elsewhere, and says anew why the rest stays', () => {
    const held = empty();
    for (const id of ['a', 'b', 'c']) addEntry(held, { ...entry(id), event: { id } });
    letGo(held, new Set(['a']), new Map([['b', 'still wrong']]));
    expect(held.entries.map(({ id, detail }) => [id, detail])).toEqual([
      ['b', 'still wrong'],
      ['c', 'what is wrong with c'],
    ]);
    expect(held.bytes).toBe(2 * JSON.stringify({ id: 'b' }).length);
  });

  it('comes in parts that one activity takes', () => {
    const entries = [entry('a'), { ...entry('b'), event: { body: 'x'.repeat(500) } }, entry('c'), entry('d')];
    const ids = (most: number, bytes: number) =>
      partsOf(entries, { most, bytes }).map((part) => part.map(({ id }) => id));
    expect(ids(3, 10_000)).toEqual([['a', 'b', 'c'], ['d']]);
    expect(ids(10, 100)).toEqual([['a'], ['b'], ['c', 'd']]);
  });
});

describe('what a replay would only fail with again', () => {
  it('says what to do instead, of every code', () => {
    for (const code of [
      'event_id_conflict',
      'event_late',
      'part_missing',
      'run_id_conflict',
      'chain_too_long',
      'other',
    ]) {
      expect(notReplayable(code)).toMatch(/(Send|send) .*, then discard this\.$/);
    }
    expect(notReplayable('event_late')).toContain('order.by');
  });

  it('is said of a call that was taken too', () => {
    expect(letterEndText({ called: 'pager', by: 'ann' })).toBe('**Replayed** by ann: `pager` took the call.');
  });
});

describe('the dead letter of a call', () => {
  const call = { name: 'incident', place: '/run/incident', target: 'pager', params: {}, seen: {} };

  it('keeps the call with its run, or neither where both are too large', () => {
    const held = empty();
    addEntry(held, { ...entry('a'), run: aRun, call });
    addEntry(held, { ...entry('b'), run: aRun, call: { ...call, seen: { body: 'x'.repeat(1_100_000) } } });
    expect(held.entries).toEqual([{ ...entry('a'), run: aRun, call }, entry('b')]);
  });
});
