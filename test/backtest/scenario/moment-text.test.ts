import fc from 'fast-check';
import { expect, it } from 'vitest';

import { momentText } from '../../../src/backtest/scenario/moment-text.ts';
import { scenarioFile } from '../../../src/spec/scenario.ts';

it.each([
  [0, '0s'],
  [40_000, '40s'],
  [7_500_000, '2h 5m'],
  [90_061_001, '1d 1h 1m 1s 1ms'],
  [-1_500, '-1s 500ms'],
])('%d ms is told as %s', (ms, text) => {
  expect(momentText(ms)).toBe(text);
});

it('a moment as it is told can be written in a scenario', () => {
  fc.assert(
    fc.property(fc.nat(3_000 * 86_400_000), (ms) => {
      const metadata = { name: 'x' };
      const spec = { trigger: 't', until: momentText(ms), expect: {} };
      const parsed = scenarioFile.parse({ apiVersion: 'signalbox/v1', kind: 'Scenario', metadata, spec });
      expect(parsed.spec.until).toBe(ms);
    }),
  );
});
