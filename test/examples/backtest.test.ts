import { createReadStream, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { buildReport } from '../../src/backtest/build-report.ts';
import { replay } from '../../src/backtest/replay.ts';
import { reportLines } from '../../src/cli/backtest-text.ts';
import { eventFromJson } from '../../src/connectors/cloud-event.ts';
import { loadDefinitions } from '../../src/load/load.ts';
import { schedule } from '../backtest/given.ts';

test('the README shows what a backtest of the quickstart answers', async () => {
  const loaded = await loadDefinitions('examples/quickstart', { now: Date.now });
  if (!loaded.ok) throw new Error('the quickstart is broken');
  const baseline = schedule('every 6h');
  const options = {
    triggers: [...loaded.definitions.triggers.values()],
    readEvent: eventFromJson,
    runTakesMs: 300_000,
    baseline,
  };
  const { input, outcome } = await replay(createReadStream('examples/quickstart/events/fortnight.ndjson'), options);
  if (outcome === undefined) throw new Error('no event');
  const lines = reportLines(buildReport(outcome, input, { runTakesMs: 300_000, costPerRun: 4, schedule: 'every 6h' }));
  expect(readFileSync('README.md', 'utf8')).toContain(`\`\`\`\n${lines.join('\n')}\n\`\`\``);
});
