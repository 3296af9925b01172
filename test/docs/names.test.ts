import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { ERROR_CATALOGUE } from '../../src/errors.ts';
import { METRICS } from '../../src/observability/metric-table.ts';
import { SQLITE_PRAGMAS } from '../../src/temporal/embedded/server-settings.ts';
import { allPages, filesBelow, readPage, tableBelow } from './pages.ts';

const VARIABLE = /\b(?:SIGNALBOX|TEMPORAL)_[A-Z][A-Z_]*[A-Z]\b/g;
const settings = readFileSync('src/settings.ts', 'utf8');
/** What `readSettings` reads. */
const environment = [...new Set([...settings.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name = '']) => name))];

/** What the sources, the tests and Temporal's own rules know. */
function variablesInUse(): ReadonlySet<string> {
  const tests = filesBelow('test', '.ts').filter((file) => !file.startsWith('test/docs/'));
  const files = [...filesBelow('src', '.ts'), ...filesBelow('bin', '.mjs'), ...tests];
  const envconfig = filesBelow('node_modules/@temporalio/envconfig/lib', '.js');
  return new Set([...files, ...envconfig].flatMap((file) => readFileSync(file, 'utf8').match(VARIABLE) ?? []));
}

const pages = allPages();

describe('pages', () => {
  test('name only error codes of the catalogue', () => {
    const words = pages
      // A tutorial shows data of its own.
      .filter(({ file }) => !file.startsWith('examples/'))
      .flatMap(({ spans }) => spans.flatMap(({ text, at }) => (/^[a-z]+(_[a-z]+)+$/.test(text) ? [{ text, at }] : [])));
    const functionsOfCel = new Set(['exists_one']);
    const others = new Set([...Object.keys(SQLITE_PRAGMAS), ...functionsOfCel]);
    const metrics: ReadonlySet<string> = new Set(METRICS.map(({ name }) => name));
    const codes = words.filter(({ text }) => !others.has(text) && !metrics.has(text) && !text.startsWith('already_'));
    expect(codes.length).toBeGreaterThan(10);
    const unknown = codes.filter(({ text }) => !Object.hasOwn(ERROR_CATALOGUE, text));
    expect(unknown.map(({ text, at }) => `${at} names ${text}, which the catalogue has not`)).toEqual([]);
  });

  test('show only error codes of the catalogue in the path of an event', () => {
    const { fenced } = readPage('docs/ARCHITECTURE.md');
    const codes = fenced.flatMap(({ text, at }) =>
      (text.match(/(?<![\w./-])[a-z]+(?:_[a-z]+)+\b/g) ?? []).map((code) => ({ code, at })),
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter(({ code }) => !Object.hasOwn(ERROR_CATALOGUE, code))).toEqual([]);
  });

  test('name only metrics there are', () => {
    const names: ReadonlySet<string> = new Set(METRICS.map(({ name }) => name));
    const named = pages.flatMap(({ lines }) =>
      lines.flatMap(({ text, at }) => (text.match(/\bsignalbox_[a-z_]+/g) ?? []).map((name) => ({ name, at }))),
    );
    expect(named.length).toBeGreaterThan(0);
    const unknown = named.filter(({ name }) => !names.has(name));
    expect(unknown.map(({ name, at }) => `${at} names the metric ${name}, which there is not`)).toEqual([]);
  });

  test('name only variables that something reads', () => {
    const known = variablesInUse();
    const named = pages.flatMap(({ lines }) =>
      lines.flatMap(({ text, at }) => (text.match(VARIABLE) ?? []).map((name) => ({ name, at }))),
    );
    const prefixes = [...known].join(' ');
    const unknown = named.filter(({ name }) => !known.has(name) && !prefixes.includes(`${name}_`));
    expect(unknown.map(({ name, at }) => `${at} names ${name}, which nothing reads`)).toEqual([]);
  });
});

test('the README has a row for every variable of the settings and no other', () => {
  const rows = tableBelow(readPage('README.md'), '## Environment').map(({ cells: [first = ''] }) =>
    first.replaceAll('`', ''),
  );
  expect(environment.length).toBeGreaterThan(10);
  expect(rows.toSorted()).toEqual(environment.toSorted());
});
