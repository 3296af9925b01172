import { expect, test } from 'vitest';

import { loadDefinitions, loadWritten } from '../../src/load/load.ts';

const now = (): number => 1_000;

test.each(['examples/quickstart', 'test/bench/backtest'])(
  'documents as they were written in %s load to the same definitions',
  async (directory) => {
    const loaded = await loadDefinitions(directory, { now });
    if (!loaded.ok) throw new Error('the example is broken');
    const again = await loadWritten(JSON.parse(JSON.stringify(loaded.definitions.written)), { now });
    if (!again.ok) throw new Error(JSON.stringify(again.findings));
    expect(again.definitions.fingerprint).toBe(loaded.definitions.fingerprint);
    expect([...again.definitions.triggers.values()].map(({ definition }) => definition)).toEqual(
      [...loaded.definitions.triggers.values()].map(({ definition }) => definition),
    );
  },
);

test('documents that are wrong are findings that name their place in the list', async () => {
  const loaded = await loadWritten([{ kind: 'Trigger' }], { now });
  expect(loaded.ok ? [] : loaded.findings.map(({ file }) => file)).toContain('document 1');
});
