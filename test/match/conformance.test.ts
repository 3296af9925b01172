import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/match/pattern.ts';
import type { Json, JsonObject } from '../../src/spec/json.ts';

type Decision = {
  readonly pattern: Json;
  readonly event: JsonObject;
  readonly expected: boolean;
  readonly test: string;
};

const folder = resolve(import.meta.dirname, '../../../shared/conformance/eventbridge');

function lines<T>(file: string): T[] {
  return readFileSync(resolve(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line));
}

describe.skipIf(!existsSync(folder))('EventBridge conformance (skipped where ../shared/conformance is absent)', () => {
  it.each([
    ['suite-balanced.jsonl', 2076],
    ['suite-arrays.jsonl', 51],
  ])('decides every line of %s as expected', (file, count) => {
    const decisions = lines<Decision>(file);
    const wrong = decisions.filter(({ pattern, event, expected }) => {
      const compiled = compilePattern(pattern);
      return !compiled.ok || compiled.pattern.match(event).matched !== expected;
    });
    expect(wrong).toEqual([]);
    expect(decisions).toHaveLength(count);
  });

  it('refuses every invalid pattern and says where', () => {
    const invalid = lines<{ readonly pattern: Json }>('suite-invalid.jsonl');
    for (const { pattern } of invalid) {
      const compiled = compilePattern(pattern);
      expect(compiled.ok ? [] : compiled.violations, JSON.stringify(pattern)).not.toHaveLength(0);
    }
    expect(invalid).toHaveLength(67);
  });
});
