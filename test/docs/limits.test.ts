import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { readPage, tableBelow } from './pages.ts';

/** Units of the table, in bytes, milliseconds or plain numbers. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  bytes: 1,
  KB: 1_024,
  MB: 1_024 ** 2,
  s: 1_000,
};
/** Constants of a limit file that size what is counted; nobody meets them. */
const INNER = /_OVERHEAD_BYTES$|^SOFT_|^PAUSE_/;

/** The numeric constants of a file, those made of products of earlier ones included; seconds become milliseconds. */
function constantsOf(file: string): ReadonlyMap<string, number> {
  const constants = new Map<string, number>();
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  for (const [, name = '', product = ''] of source.matchAll(/^(?:export )?const ([A-Z][A-Z_]*) = ([\w.* ]+);/gm)) {
    const factors = product.split('*').map((factor) => factor.trim());
    const values = factors.map((factor) => constants.get(factor) ?? Number(factor.replaceAll('_', '')));
    const value = values.reduce((left, right) => left * right, 1);
    if (Number.isFinite(value)) constants.set(name, name.endsWith('_SECONDS') ? value * 1_000 : value);
  }
  return constants;
}

function amountOf(cell: string): number {
  const [, number = '', unit = ''] = /^([\d,.]+)\s?(\w*)$/.exec(cell) ?? [];
  return Number(number.replaceAll(',', '')) * (UNITS[unit] ?? Number.NaN);
}

const rows = tableBelow(readPage('README.md'), '## Limits').map(
  ({ at, cells: [what = '', limit = '', place = ''] }) => {
    const [, name = '', file = ''] = /^`(\w+)` in `([^`]+)`$/.exec(place) ?? [];
    return { at, what, limit, name, file };
  },
);

describe('the table of limits', () => {
  test.each(rows)('says what the code does: $what, $limit', ({ at, limit, name, file }) => {
    const actual = constantsOf(file).get(name);
    expect(actual, `${at} names ${name} in ${file}, which is no number there`).toBeDefined();
    expect(amountOf(limit), `${at} says ${limit}; ${name} in ${file} is ${actual}`).toBeCloseTo(
      actual ?? Number.NaN,
      6,
    );
  });

  test.each(['src/core/limits.ts', 'src/contract/limits.ts'])('has every limit of %s', (file) => {
    const named = new Set(rows.filter((row) => row.file === file).map(({ name }) => name));
    const constants = [...constantsOf(file).keys()].filter((name) => !INNER.test(name));
    expect(constants.length).toBeGreaterThan(5);
    expect(constants.filter((name) => !named.has(name))).toEqual([]);
  });

  test('has a row for each kind of limit that events, expressions and instances meet', () => {
    expect(rows.length).toBeGreaterThan(30);
  });
});

test('the horizon of the first wall is what the identities of an instance allow', () => {
  const identities = constantsOf('src/core/limits.ts').get('IDENTITIES_MAX') ?? Number.NaN;
  const table = tableBelow(readPage('README.md'), '## Guarantees').filter(({ cells: [rate = ''] }) =>
    /^\d+$/.test(rate),
  );
  expect(table.length).toBe(3);
  for (const { at, cells } of table) {
    const [rate = Number.NaN, ...horizons] = cells.map((cell) => Number.parseFloat(cell.replaceAll(',', '')));
    expect(horizons, at).toEqual([identities / rate, identities / (2 * rate)]);
  }
});
