import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { allPages, filesBelow, readPage, tableBelow } from './pages.ts';

const PACKAGE = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = PACKAGE.parse(JSON.parse(readFileSync('package.json', 'utf8')));
/** What npm itself does. */
const NPM_OWN = new Set(['ci', 'install', 'run']);

const program = ['src/cli/program.ts', 'src/cli/program-operate.ts']
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const declared = [...program.matchAll(/\.command\('([\w-]+)'(, \{ hidden: true \})?/g)];
const commands = new Set(declared.map(([, name = '']) => name));
const shown = declared.filter(([, , hidden]) => hidden === undefined).map(([, name = '']) => name);
const options = new Set([
  '--help',
  '--version',
  ...filesBelow('src/cli', '.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:\.option\(|new Option\()\s*'([^']+)'/g)].flatMap(([, flags = '']) =>
      flags.split(/[ ,]+/).filter((flag) => flag.startsWith('-')),
    ),
  ),
]);

/** Every piece of code on every page. */
const code = allPages().flatMap(({ spans, fenced }) => [...spans, ...fenced]);
/** A call of the program: what follows its name up to the end of the command. */
const calls = code.flatMap(({ text, at }) =>
  [...text.matchAll(/(?:^|[\s(])(?:npx )?(?:signalbox|bin\/signalbox\.mjs) ([^|;&#]+)/g)].map(([, rest = '']) => ({
    words: rest.trim().split(/\s+/),
    at,
  })),
);

describe('pages', () => {
  test('name only commands the program has', () => {
    expect(calls.length).toBeGreaterThan(10);
    const unknown = calls.filter(({ words: [name = ''] }) => /^[a-z-]+$/.test(name) && !commands.has(name));
    expect(unknown.map(({ words, at }) => `${at} names the command ${words[0]}, which the program has not`)).toEqual(
      [],
    );
  });

  test('name only options the program has', () => {
    const table = tableBelow(readPage('README.md'), '## Commands').flatMap(({ text, at }) =>
      [...text.matchAll(/`(-[\w-]+)`/g)].map(([, flag = '']) => ({ words: [flag], at })),
    );
    const unknown = [...calls, ...table].flatMap(({ words, at }) =>
      words
        .filter((word) => /^--?[a-z]/.test(word) && !options.has(word))
        .map((word) => `${at} names the option ${word}`),
    );
    expect(unknown).toEqual([]);
  });

  test('name only scripts of package.json', () => {
    const named = code.flatMap(({ text, at }) =>
      [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => ({ name, at })),
    );
    expect(named.length).toBeGreaterThan(5);
    const unknown = named.filter(({ name }) => !(name in scripts) && !NPM_OWN.has(name));
    expect(unknown.map(({ name, at }) => `${at} names the script ${name}, which package.json has not`)).toEqual([]);
  });
});

test('the README has a row for every command and no other', () => {
  const rows = tableBelow(readPage('README.md'), '## Commands').map(
    ({ cells: [first = ''] }) => first.split(/[` ]+/)[2] ?? '',
  );
  expect(rows.toSorted()).toEqual(shown.toSorted());
});
