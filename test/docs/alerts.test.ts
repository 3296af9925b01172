import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { METRICS } from '../../src/observability/metric-table.ts';

const RULES = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

test('the alert rules ask for metrics there are', () => {
  const { groups } = RULES.parse(parse(readFileSync('deploy/prometheus/rules.yaml', 'utf8')));
  const rules = groups.flatMap((group) => group.rules);
  const names: ReadonlySet<string> = new Set(METRICS.map(({ name }) => name));
  expect(rules.map(({ alert }) => alert)).toContain('SignalboxDeadLetters');
  for (const { expr } of rules) {
    const asked = expr.match(/signalbox_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  }
});
