import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SUB_RULES_MAX, VALUES_PER_PATH_MAX } from '../../src/match/conjunction.ts';
import { STEPS_MAX } from '../../src/match/consistency.ts';
import { TEXT_CHARS_MAX } from '../../src/match/engine.ts';
import { EXPRESSION_CHARS_MAX, RESULT_BYTES_MAX } from '../../src/match/expression.ts';
import { TICKS_MAX } from '../../src/match/meter.ts';
import { PATTERN_BYTES_MAX, PATTERN_PATHS_MAX } from '../../src/match/pattern.ts';
import { REGEX_CHARS_MAX } from '../../src/match/regex.ts';
import { NODES_MAX } from '../../src/match/syntax.ts';
import { WILDCARD_STARS_MAX } from '../../src/match/wildcard.ts';

it('docs/expressions.md names the limits as they are', () => {
  const page = readFileSync(new URL('../../docs/expressions.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
  const text = (count: number): string => count.toLocaleString('en');
  for (const limit of [
    `${PATTERN_BYTES_MAX / 1024} KB, ${PATTERN_PATHS_MAX} fields, ${VALUES_PER_PATH_MAX} values a field`,
    `${WILDCARD_STARS_MAX} stars a wildcard, ${SUB_RULES_MAX} alternatives`,
    `${text(STEPS_MAX)} steps, then "too complex"`,
    `${text(EXPRESSION_CHARS_MAX)} characters, ${NODES_MAX} parts`,
    `${text(TICKS_MAX)} steps: a round of a loop is one`,
    `| ${REGEX_CHARS_MAX} characters |`,
    `| ${text(TEXT_CHARS_MAX)} characters |`,
    `| ${RESULT_BYTES_MAX / 1024} KB of JSON |`,
  ]) {
    expect(page.replaceAll(/ +\|/g, ' |')).toContain(limit);
  }
});
