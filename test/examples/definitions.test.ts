import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { formatFinding, loadDefinitions } from '../../src/load/load.ts';

const folder = join(import.meta.dirname, '../../examples');

it.each(readdirSync(folder))('examples/%s has definitions that nothing is wrong with', async (name) => {
  const loaded = await loadDefinitions(join(folder, name), { now: Date.now });
  expect((loaded.ok ? loaded.warnings : loaded.findings).map(formatFinding)).toEqual([]);
  expect(loaded.ok && loaded.definitions.triggers.size).toBeGreaterThan(0);
});
