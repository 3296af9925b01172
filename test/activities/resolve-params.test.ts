import { describe, expect, it } from 'vitest';

import { resolveParams } from '../../activities/resolve-params.ts';
import type { RunRequest } from '../../src/core/fact.ts';
import type { Item } from '../../src/core/offer.ts';
import { itemOf, runInput, runOf } from './given.ts';

function resolved(params: Parameters<typeof runOf>[0]) {
  return resolveParams(runInput(runOf(params)));
}

describe('the parameters of a run', () => {
  it('see key, trigger, run, the last event and the items', async () => {
    const params = {
      key: '${{ key }}',
      trigger: '${{ trigger.name }}@${{ trigger.generation }}',
      run: '${{ run }}',
      size: '${{ event.data.size + 1 }}',
      items: '${{ items }}',
      count: '${{ size(items) }}',
      fixed: [1, { deep: true }],
    };
    expect(await resolved({ params })).toEqual({
      ok: true,
      params: {
        key: 'eu',
        trigger: 'retrain@g1',
        run: {
          id: 'sb1-0123456789012345678901234567890123456789',
          firedAt: '2026-09-01T10:00:00.000Z',
          cause: 'events',
          eventCount: 2,
        },
        size: 8,
        items: ['a.csv', 'b.csv'],
        count: 2,
        fixed: [1, { deep: true }],
      },
    });
  });

  it('take the default where an expression fails and has one', async () => {
    const params = { size: { $value: '${{ event.data.nothing }}', $default: 0 } };
    expect(await resolved({ params })).toEqual({ ok: true, params: { size: 0 } });
  });

  it.each([
    [{ a: '${{ event.data.nothing }}' }, '/run/params/a', 'event.data.nothing'],
    [{ a: { 'b/c': [0, '${{ 1 / 0 }}'] } }, '/run/params/a/b~1c/1', '1 / 0'],
    [{ a: '${{ items[5] }}' }, '/run/params/a', 'items[5]'],
  ])('that fail name the place and the expression: %j', async (params, pointer, expression) => {
    const failed = await resolved({ params });
    expect(failed).toMatchObject({ ok: false, code: 'mapping_error', pointer });
    expect(!failed.ok && failed.detail).toContain(expression);
  });

  it('that cannot be compiled are a mapping error with their place, not an exception', async () => {
    expect(await resolved({ params: { a: { b: '${{ 1 + }}' } } })).toMatchObject({
      ok: false,
      code: 'mapping_error',
      pointer: '/run/params/a/b',
    });
  });

  it('are references for all items as soon as one event was too large to keep', async () => {
    const items: readonly Item[] = [itemOf(1, { whole: 1 }), itemOf(2)];
    expect(await resolved({ params: { items: '${{ items }}' }, items })).toEqual({
      ok: true,
      params: { items: [{ eventId: itemOf(1).eventId }, { eventId: itemOf(2).eventId }] },
    });
  });

  it('hold a manifest in place of items that would pass 64 KB', async () => {
    const items = Array.from({ length: 10_000 }, (_, index) => itemOf(index, `data/${index}.csv`));
    const { runId } = runOf();
    expect(await resolved({ params: { files: '${{ items }}', of: '${{ key }}' }, items })).toEqual({
      ok: true,
      params: { files: { manifest: `/v1/runs/${runId}/events`, count: 10_000 }, of: 'eu' },
    });
  });

  it('that are too large without their items are a mapping error', async () => {
    const last = { event: { data: { text: 'x'.repeat(70_000) } } };
    expect(await resolved({ params: { text: '${{ event.data.text }}' }, last })).toMatchObject({
      ok: false,
      pointer: '/run/params',
      detail: expect.stringContaining('larger than'),
    });
  });

  it('that fail with a text about size keep their own place', async () => {
    const failed = await resolved({ params: { a: '${{ event.data["larger than"] }}' } });
    expect(failed).toMatchObject({ ok: false, pointer: '/run/params/a' });
  });
});

describe('the parameters of a run of several parts', () => {
  const last: RunRequest['last'] = {
    event: { id: '2', data: { rows: 5 } },
    parts: [
      ['features', { id: '1', data: { path: 'f' } }],
      ['labels', { id: '2', data: { rows: 5 } }],
    ],
  };

  it('see the event of each', async () => {
    const params = { features: '${{ parts.features.data.path }}', labels: '${{ parts.labels.data.rows + 1 }}' };
    expect(await resolved({ params, last })).toEqual({ ok: true, params: { features: 'f', labels: 6 } });
  });

  it('can ask whether one is there', async () => {
    const params = { a: "${{ has(parts.labels) ? 'both' : 'features alone' }}" };
    const incomplete = { ...last, parts: (last.parts ?? []).slice(0, 1) };
    expect(await resolved({ params, last, cause: 'deadline' })).toMatchObject({ params: { a: 'both' } });
    expect(await resolved({ params, last: incomplete, cause: 'deadline' })).toMatchObject({
      params: { a: 'features alone' },
    });
  });

  it('fail where they read one that is missing', async () => {
    const params = { a: '${{ parts.other.id }}' };
    expect(await resolved({ params, last })).toMatchObject({ ok: false, pointer: '/run/params/a' });
  });
});

describe('the parameters of a run without events', () => {
  const nothing = { items: [], last: {}, cause: 'fallback' } as const;

  it('see its cause, no items and no parts', async () => {
    const params = {
      cause: '${{ run.cause }}',
      n: '${{ run.eventCount }}',
      items: '${{ items }}',
      parts: '${{ parts }}',
    };
    expect(await resolved({ params, ...nothing })).toEqual({
      ok: true,
      params: { cause: 'fallback', n: 0, items: [], parts: {} },
    });
  });

  it('fail where they read the event, and take the default where there is one', async () => {
    expect(await resolved({ params: { a: '${{ event.id }}' }, ...nothing })).toMatchObject({
      ok: false,
      code: 'mapping_error',
      pointer: '/run/params/a',
      detail: expect.stringContaining('there is no event here'),
    });
    const params = {
      a: { $value: '${{ event.id }}', $default: 'none' },
      b: "${{ run.cause == 'fallback' ? 0 : event.n }}",
    };
    expect(await resolved({ params, ...nothing })).toEqual({ ok: true, params: { a: 'none', b: 0 } });
  });
});

describe('members that a person gave', () => {
  it('replace those of the definition, which are not evaluated then, and are taken as they are', async () => {
    const definition = { file: '${{ event.data.missing }}', of: '${{ key }}' };
    const params = { file: '${{ key }}', more: 1 };
    const run = { ...runOf({ params: definition }), params };
    expect(await resolveParams(runInput(run))).toEqual({
      ok: true,
      params: { file: '${{ key }}', of: 'eu', more: 1 },
    });
  });
});

describe('approval.when', () => {
  const asking = (when: string) => {
    const approval = { when, timeoutMs: 1, onTimeout: 'reject', notify: [] } as const;
    return resolveParams(runInput(runOf({ settings: { ...runOf().settings, approval } })));
  };

  it('sees what the parameters see', async () => {
    const when = 'run.eventCount == 2 && items.size() == 2 && key == "eu" && event.data.size == 7';
    expect(await asking(when)).toEqual({ ok: true, params: {}, needsApproval: true });
    expect(await asking('run.eventCount > 100')).toMatchObject({ needsApproval: false });
  });

  it.each(['event.data.missing', '1 +', '"yes"'])('that gives no yes or no is a filter error: %s', async (when) => {
    expect(await asking(when)).toMatchObject({
      ok: false,
      code: 'filter_error',
      pointer: '/approval/when',
      detail: expect.stringContaining(when),
    });
  });
});

describe('the lane of a run', () => {
  const laneOf = async (lane: string, more: Parameters<typeof runOf>[0] = {}) => {
    const run = runOf(more);
    return resolveParams(runInput({ ...run, settings: { ...run.settings, lane } }));
  };

  it.each([
    ['model/${{ key }}', 'model/eu'],
    ['${{ event.data.size }}', '7'],
    ['${{ trigger.name }}', 'retrain'],
    ['all', 'all'],
  ])('is named by the event, the key and the trigger: %s', async (lane, name) => {
    expect(await laneOf(lane)).toMatchObject({ ok: true, lane: name });
  });

  it('is there for a run without an event, where it reads none', async () => {
    expect(await laneOf('model/${{ key }}', { cause: 'fallback', items: [], last: {} })).toMatchObject({
      lane: 'model/eu',
    });
  });

  it.each([
    ['${{ event.data.nothing }}', 'event.data.nothing'],
    ['${{ event.data }}', 'text, a number or a boolean'],
    ["${{ '' }}", '1 to 200 bytes'],
    [`\${{ key }}${'ü'.repeat(100)}`, '1 to 200 bytes, this one 202'],
    ['${{ run.id }}', 'run'],
    ['${{ 1 + }}', ''],
  ])('that cannot be used is a mapping error at its place: %s', async (lane, detail) => {
    const failed = await laneOf(lane);
    expect(failed).toMatchObject({ ok: false, code: 'mapping_error', pointer: '/run/lane' });
    expect(!failed.ok && failed.detail).toContain(detail);
  });

  it('comes after approval.when, which fails first', async () => {
    const run = runOf();
    const approval = { when: 'event.data.nothing', timeoutMs: 1, onTimeout: 'reject', notify: [] } as const;
    const settings = { ...run.settings, lane: '${{ event.data.nothing }}', approval };
    expect(await resolveParams(runInput({ ...run, settings }))).toMatchObject({ code: 'filter_error' });
  });
});
