import { resolve } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { type Definitions, formatFinding, loadDefinitions, type LoadedTrigger } from '../../src/load/load.ts';
import { cases } from '../setup/thorough.ts';
import { directoryWith, loadText, put, TARGET, trigger } from './directory.ts';

async function definitionsOf(text: string): Promise<Definitions> {
  const loaded = await loadText(text);
  if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
  return loaded.definitions;
}

async function triggerOf(spec: string, other: string = TARGET): Promise<LoadedTrigger> {
  const loaded = (await definitionsOf(`${trigger(spec)}${other}`)).triggers.get('retrain');
  if (loaded === undefined) throw new Error('no trigger');
  return loaded;
}

const EVENTS = '  events: { pattern: { type: [a] } }\n';
const RUN = '  run: { target: train }\n';

describe('loaded definitions', () => {
  it('hold what an instance decides by, in milliseconds, with defaults', async () => {
    const loaded = await triggerOf(`${EVENTS}${RUN}`);
    expect(loaded.definition).toEqual({
      name: 'retrain',
      generation: loaded.generation,
      loadedAt: 1_000,
      mode: 'live',
      dedupe: { windowMs: 86_400_000 },
      run: {
        kind: 'train',
        target: 'train',
        params: {},
        retry: { delaysMs: [60_000, 300_000, 1_800_000] },
        timeoutMs: 86_400_000,
      },
    });
    expect(loaded.generation).toMatch(/^[0-9a-f]{16}$/);
  });

  it('hold every setting that was given', async () => {
    const { definition } = await triggerOf(`${EVENTS}  mode: shadow
  dedupe: { window: 1h }
  freshness: { maxAge: 10m, at: both }
  debounce: { quiet: 30s, maxWait: 10m, edge: both, keep: last }
  cooldown: { period: 5m, onExcess: drop }
  run: { target: train, params: { a: [1, { b: null }] }, retry: { delays: [0s, PT1M] }, timeout: 6h }
`);
    expect(definition).toMatchObject({
      mode: 'shadow',
      dedupe: { windowMs: 3_600_000 },
      freshness: { maxAgeMs: 600_000, at: 'both' },
      debounce: { quietMs: 30_000, maxWaitMs: 600_000, edge: 'both', keep: 'last' },
      cooldown: { periodMs: 300_000, onExcess: 'drop' },
      run: { params: { a: [1, { b: null }] }, retry: { delaysMs: [0, 60_000] }, timeoutMs: 21_600_000 },
    });
  });

  it('keep labels and the place of the file', async () => {
    const directory = await directoryWith({
      'teams/risk.yaml': TARGET.replace('name: train', 'name: train, labels: { team: risk }'),
    });
    const loaded = await loadDefinitions(directory, { now: () => 1 });
    expect(loaded.ok && loaded.definitions.targets.get('train')).toMatchObject({
      name: 'train',
      labels: { team: 'risk' },
      file: `${directory}/teams/risk.yaml`,
      directory: resolve(directory, 'teams'),
    });
  });

  it('give a selector its own key and collect, else those of the trigger', async () => {
    const { selectors } =
      await triggerOf(`  events: { any: [{ source: events }, { source: events, key: own, collect: "\${{ event.id }}" }] }
  key: "\${{ event.data.model }}"
  run: { target: train, params: { items: "\${{ items }}" } }
`);
    const variables = { event: { id: 'e1', data: { model: 'm' } } };
    expect(
      selectors.map(({ source, key, collect }) => [source, key?.resolve(variables), collect?.resolve(variables)]),
    ).toEqual([
      ['events', { ok: true, value: 'm' }, undefined],
      ['events', { ok: true, value: 'own' }, { ok: true, value: 'e1' }],
    ]);
  });

  it('match and evaluate', async () => {
    const { selectors, dedupeBy, identity } =
      await triggerOf(`  events: { pattern: { type: [a] }, when: "event.data.n > 1" }
  dedupe: { by: "\${{ event.data.n }}-\${{ key }}" }
  run: { target: train, identity: "\${{ event.id }}" }
`);
    const event = { type: 'a', id: 'e1', data: { n: 2 } };
    expect(selectors[0]?.pattern?.match(event)).toEqual({ matched: true });
    expect(selectors[0]?.when?.evaluate({ event })).toEqual({ ok: true, value: true });
    expect(dedupeBy.map((it) => it.resolve({ event, key: 'k' }))).toEqual([{ ok: true, value: '2-k' }]);
    expect(identity?.resolve({ event })).toEqual({ ok: true, value: 'e1' });
  });
});

describe('the quickstart', () => {
  it('loads, and nothing is to be said about it', async () => {
    const directory = new URL('../../examples/quickstart', import.meta.url).pathname;
    const loaded = await loadDefinitions(directory, { now: () => 1 });
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('what of the event a run needs', () => {
  const target = TARGET.replace(
    'url: "https://pipelines.example/runs"',
    'url: "https://x/${{ event.subject }}", body: { e: "${{ event.data.etag }}" }',
  );
  const params = (value: string): string => `${EVENTS}  run: { target: train, params: { a: "${value}" } }\n`;

  it('is nothing when nothing reads it', async () => {
    expect(await triggerOf(params('${{ key }}'))).toMatchObject({ reads: [], itemsRead: false });
  });

  it('is what params and the strings of the target read', async () => {
    const { reads } = await triggerOf(params('${{ event.data.size }}'), target);
    expect(reads).toHaveLength(3);
    expect(reads).toEqual(expect.arrayContaining([['data', 'size'], ['subject'], ['data', 'etag']]));
  });

  it('is all of it when an expression takes it whole, or the trigger retains it', async () => {
    expect(await triggerOf(params('${{ event }}'))).toMatchObject({ reads: 'whole' });
    expect(await triggerOf(`  retain: whole\n${params('${{ key }}')}`)).toMatchObject({ reads: 'whole' });
  });

  it('says whether items are the events themselves', async () => {
    expect(await triggerOf(params('${{ items }}'))).toMatchObject({ itemsRead: true });
    expect(await triggerOf(`  collect: "\${{ event.id }}"\n${params('${{ items }}')}`)).toMatchObject({
      itemsRead: false,
    });
  });
});

describe('generations', () => {
  // Whole numbers beyond 2^53 are refused when written out, so is a field named __proto__: they are none of this.
  const json = fc.jsonValue({ maxDepth: 2 }).filter((it) => !/\d{16}|__proto__/.test(JSON.stringify(it)));
  const names = fc.stringMatching(/^[a-z]{1,6}$/);
  const spec = fc.record({
    events: fc.record({ pattern: fc.dictionary(names, fc.array(fc.string(), { minLength: 1 }), { minKeys: 1 }) }),
    run: fc.record({
      target: fc.constant('train'),
      params: fc.dictionary(names, json),
    }),
    cooldown: fc.record({ period: fc.constantFrom('1m', '60s', '2h') }),
    debounce: fc.record({ quiet: fc.constantFrom('1s', '5m'), keep: fc.constantFrom('all', 'last') }),
  });
  const isMapping = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (!isMapping(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([name, it]: [string, unknown]) => [name, reversed(it)]),
    );
  };
  const file = (value: unknown): string =>
    `${stringify({ apiVersion: 'signalbox/v1', kind: 'Trigger', metadata: { name: 'retrain' }, spec: value })}${TARGET}`;
  const generationOf = async (value: unknown): Promise<string | undefined> => {
    const loaded = await loadDefinitions(await directory(file(value)), { now: () => 1 });
    return loaded.ok
      ? loaded.definitions.triggers.get('retrain')?.generation
      : loaded.findings.map(formatFinding).join('\n');
  };
  let shared: string | undefined;
  const directory = async (text: string): Promise<string> => {
    shared ??= await directoryWith({});
    await put(shared, 'a.yaml', text);
    return shared;
  };

  it('are the same whenever a spec is loaded, in whatever order its members stand', async () => {
    await fc.assert(
      fc.asyncProperty(spec, async (value) => {
        const generation = await generationOf(value);
        expect(generation).toMatch(/^[0-9a-f]{16}$/);
        expect(await generationOf(value)).toBe(generation);
        expect(await generationOf(reversed(value))).toBe(generation);
      }),
      { numRuns: cases(20) },
    );
    shared = undefined;
  });

  it('do not change with comments, defaults written out, other words for a duration, labels or the file', async () => {
    const { generation } = await triggerOf(`${EVENTS}  cooldown: { period: 1h }\n${RUN}`);
    expect(
      await triggerOf(`  mode: live # the default\n${EVENTS}  cooldown: { period: PT60M, onExcess: hold }\n${RUN}`),
    ).toMatchObject({ generation });
  });

  it('change with every setting', async () => {
    const specs = ['', '  mode: shadow\n', '  key: a\n', '  cooldown: { period: 1h }\n', '  dedupe: { window: 1h }\n'];
    const generations = await Promise.all(
      specs.map(async (it) => (await triggerOf(`${EVENTS}${it}${RUN}`)).generation),
    );
    expect(new Set(generations).size).toBe(specs.length);
  });
});

describe('loadedAt', () => {
  const one = (period: string): string => `${trigger(`${EVENTS}  cooldown: { period: ${period} }\n${RUN}`)}`;
  const two = (period: string): string => one(period).replace('retrain', 'other');

  async function reload(directory: string, now: number, previous?: Definitions): Promise<Definitions> {
    const loaded = await loadDefinitions(directory, { now: () => now, ...(previous && { previous }) });
    if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
    return loaded.definitions;
  }
  const at = (definitions: Definitions, name = 'retrain'): number => definitions.triggers.get(name)?.loadedAt ?? 0;

  it('stays while a trigger stays, and grows when it changes, though the clock stands still or goes back', async () => {
    const directory = await directoryWith({ 'a.yaml': one('1h'), 'b.yaml': two('1h'), 't.yaml': TARGET.slice(4) });
    const first = await reload(directory, 1_000);
    const same = await reload(directory, 2_000, first);
    expect([at(first), at(same), at(same, 'other')]).toEqual([1_000, 1_000, 1_000]);
    await put(directory, 'a.yaml', one('2h'));
    const changed = await reload(directory, 500, same);
    expect(at(changed)).toBeGreaterThan(same.loadedAt);
    expect(at(changed, 'other')).toBe(1_000);
    expect(changed.triggers.get('retrain')?.definition.loadedAt).toBe(at(changed));
    await put(directory, 'a.yaml', one('1h'));
    const back = await reload(directory, 500, changed);
    expect(at(back)).toBeGreaterThan(at(changed));
  });

  it('is later for a trigger that went and came back', async () => {
    const directory = await directoryWith({ 'a.yaml': one('1h'), 't.yaml': TARGET.slice(4) });
    const first = await reload(directory, 1_000);
    await put(directory, 'a.yaml', '');
    const gone = await reload(directory, 1_000, first);
    expect(gone.triggers.size).toBe(0);
    await put(directory, 'a.yaml', one('1h'));
    expect(at(await reload(directory, 1_000, gone))).toBeGreaterThan(1_000);
  });
});

describe('fingerprint', () => {
  it('is of the contents, not of files, order or time', async () => {
    const spec = `${EVENTS}${RUN}`;
    const together = await definitionsOf(`${trigger(spec)}${TARGET}`);
    const apart = await loadDefinitions(await directoryWith({ 'z.yaml': trigger(spec), 'sub/a.yaml': TARGET }), {
      now: () => 9_000,
    });
    expect(apart.ok && apart.definitions.fingerprint).toBe(together.fingerprint);
  });

  it.each([
    ['a label', 'metadata: { name: train', 'metadata: { labels: { a: b }, name: train'],
    ['a target', 'pipelines.example', 'other.example'],
    ['a name', 'name: retrain', 'name: retrain-2'],
  ])('changes with %s', async (_name, from, to) => {
    const text = `${trigger(`${EVENTS}${RUN}`)}${TARGET}`;
    expect((await definitionsOf(text.replace(from, to))).fingerprint).not.toBe((await definitionsOf(text)).fingerprint);
  });
});
