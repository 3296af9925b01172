import { describe, expect, test } from 'vitest';

import { type Difference, differencesOf } from '../../src/load/difference.ts';
import { definitionsOf } from '../accept/given.ts';

const TARGET =
  'apiVersion: signalbox/v1\nkind: Target\nmetadata: { name: train }\nspec: { http: { url: "https://p.example/" } }\n';

function trigger(name: string, ...spec: readonly string[]): string {
  const events = spec.some((line) => line.startsWith('events:')) ? [] : ['events: { pattern: { type: [t] } }'];
  const lines = [...events, ...spec, 'run: { target: train }'].map((line) => `  ${line}`).join('\n');
  return `apiVersion: signalbox/v1\nkind: Trigger\nmetadata: { name: ${name} }\nspec:\n${lines}\n`;
}

async function between(before: readonly string[], after: readonly string[]): Promise<readonly Difference[]> {
  const [old, young] = await Promise.all([before, after].map((all) => definitionsOf(all.join('---\n'))));
  return old && young ? differencesOf(old, young) : [];
}

describe('what changes from one set of definitions to another', () => {
  test('is nothing where they say the same in other words', async () => {
    const before = [TARGET, trigger('retrain', 'debounce: { quiet: 60s }')];
    const after = [trigger('retrain', 'debounce: { quiet: 1m, edge: trailing }', 'dedupe: { window: 24h }'), TARGET];
    expect(await between(before, after)).toEqual([]);
  });

  test('is named field by field, as written, with the generations', async () => {
    const before = [TARGET, trigger('retrain', 'debounce: { quiet: 30s }', 'cooldown: { period: 1h }')];
    const after = [TARGET, trigger('retrain', 'debounce: { quiet: 5m }', 'dedupe: { window: 1h }')];
    const [only, ...more] = await between(before, after);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ kind: 'Trigger', name: 'retrain', change: 'changed' });
    expect(only?.before).not.toBe(only?.after);
    expect(only?.fields).toEqual([
      { path: 'spec.debounce.quiet', before: '30s', after: '5m' },
      { path: 'spec.cooldown.period', before: '1h' },
      { path: 'spec.dedupe.window', before: 86_400_000, after: '1h' },
    ]);
  });

  test('shows lists of values whole, and goes into lists of selectors', async () => {
    const before = [
      TARGET,
      trigger('retrain', 'events: { any: [{ pattern: { type: [a] } }, { pattern: { type: [b, c] } }] }'),
    ];
    const after = [
      TARGET,
      trigger('retrain', 'events: { any: [{ pattern: { type: [a] } }, { pattern: { type: [b] } }] }'),
    ];
    const [only] = await between(before, after);
    expect(only?.fields).toEqual([{ path: 'spec.events.any.1.pattern.type', before: ['b', 'c'], after: ['b'] }]);
  });

  test('tells added, removed and renamed definitions, of Targets and Sources too', async () => {
    const source = 'apiVersion: signalbox/v1\nkind: Source\nmetadata: { name: landing }\nspec: { type: cloudevents }\n';
    const moved = TARGET.replace('p.example', 'q.example');
    const differences = await between(
      [TARGET, trigger('old-name', 'debounce: { quiet: 1m }'), trigger('gone')],
      [moved, source, trigger('new-name', 'debounce: { quiet: 1m }')],
    );
    expect(differences.map(({ kind, name, change, renamed }) => [kind, name, change, renamed])).toEqual([
      ['Trigger', 'gone', 'removed', undefined],
      ['Trigger', 'new-name', 'added', 'old-name'],
      ['Trigger', 'old-name', 'removed', 'new-name'],
      ['Target', 'train', 'changed', undefined],
      ['Source', 'landing', 'added', undefined],
    ]);
    expect(differences[3]?.fields).toEqual([
      { path: 'spec.http.url', before: 'https://p.example/', after: 'https://q.example/' },
    ]);
  });

  test('is seen in labels, which expressions read', async () => {
    const [before, after] = ['a', 'b'].map((team) =>
      trigger('retrain').replace('name: retrain', `name: retrain, labels: { team: ${team} }`),
    );
    const differences = await between([TARGET, before ?? ''], [TARGET, after ?? '']);
    expect(differences).toMatchObject([{ fields: [{ path: 'metadata.labels.team', before: 'a', after: 'b' }] }]);
  });
});
