import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FILE_MAX_BYTES } from '../../src/load/files.ts';
import { formatFinding, loadDefinitions } from '../../src/load/load.ts';
import { directoryWith, findingsOf, target, TARGET } from './directory.ts';

/** Each level holds the one before nine times. */
const BOMB_LEVELS = ['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map(
  ([from, to]) => `${to}: &${to} [${`*${from},`.repeat(9)}]`,
);

const now = (): number => 1_000;

async function targetsIn(directory: string): Promise<string[]> {
  const loaded = await loadDefinitions(directory, { now });
  if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
  return [...loaded.definitions.targets.keys()];
}

describe('files', () => {
  it('reads .yaml and .yml in folders of any depth, several documents a file, and nothing else', async () => {
    const directory = await directoryWith({
      'a.yaml': `${target('{ command: { run: [x] } }', 'a')}---\n${target('{ command: { run: [x] } }', 'b')}`,
      'deep/er/c.yml': target('{ command: { run: [x] } }', 'c'),
      'd.json': '{',
      '.hidden/e.yaml': 'not: [a definition',
      '.e.yaml': 'not: [a definition',
    });
    expect(await targetsIn(directory)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['an empty file', ''],
    ['blank lines and comments', '\n# nothing\n\n'],
    ['empty documents', '---\n---\n# none\n---\n'],
    ['an explicit null', '--- ~\n'],
  ])('takes %s as no definitions', async (_name, text) => {
    expect(await findingsOf(text)).toEqual([]);
  });

  it('takes an empty directory as no definitions', async () => {
    expect(await targetsIn(await directoryWith({}))).toEqual([]);
  });

  it('refuses a directory that does not exist', async () => {
    const loaded = await loadDefinitions('/nowhere/at/all', { now });
    expect(loaded).toMatchObject({ ok: false, findings: [{ file: '/nowhere/at/all', line: 1, severity: 'error' }] });
    expect(loaded.ok ? [] : loaded.findings.map(formatFinding)).toEqual([
      expect.stringMatching(/the directory of definitions cannot be read: ENOENT.* — Create it, or name another one/),
    ]);
  });

  it('refuses a file where a directory should be', async () => {
    const directory = await directoryWith({ 'a.yaml': '' });
    expect(await loadDefinitions(join(directory, 'a.yaml'), { now })).toMatchObject({ ok: false });
  });

  it('follows links once, as a mounted configuration volume has them', async () => {
    const directory = await directoryWith({ '..2026/a.yaml': TARGET });
    await symlink('..2026', join(directory, '..data'));
    await symlink(join('..data', 'a.yaml'), join(directory, 'a.yaml'));
    await mkdir(join(directory, 'sub'));
    await symlink('..', join(directory, 'sub', 'up'));
    await symlink('.', join(directory, 'self'));
    expect(await targetsIn(directory)).toEqual(['train']);
  });

  it('reports a link to nothing', async () => {
    const directory = await directoryWith({});
    await symlink('gone', join(directory, 'a.yaml'));
    const loaded = await loadDefinitions(directory, { now });
    expect(loaded).toMatchObject({ ok: false, findings: [{ file: join(directory, 'a.yaml') }] });
  });

  it('refuses a file that is too large, and takes one of exactly the limit', async () => {
    const padded = (bytes: number): string => TARGET.padEnd(bytes, '#');
    expect(await findingsOf(padded(FILE_MAX_BYTES))).toEqual([]);
    expect(await findingsOf(padded(FILE_MAX_BYTES + 1))).toEqual([
      '1:1 error has 1048577 bytes, more than 1048576 — Split it into several files.',
    ]);
  });

  it('refuses a file that is not UTF-8', async () => {
    expect(await findingsOf(Uint8Array.of(0x61, 0xff))).toEqual(['1:1 error is not UTF-8 — Save it as UTF-8.']);
  });

  it('takes a byte order mark and Windows line ends', async () => {
    expect(await findingsOf(`\uFEFF${TARGET.replaceAll('\n', '\r\n')}`)).toEqual([]);
  });

  it('reports every file, in order', async () => {
    const directory = await directoryWith({ 'b.yaml': 'a: [', 'a.yaml': 'kind: X', 'c.yaml': '- 1' });
    const loaded = await loadDefinitions(directory, { now });
    const places = loaded.ok ? [] : loaded.findings.map(({ file, line }) => `${file.slice(-6)}:${line}`);
    expect([...new Set(places)]).toEqual(['a.yaml:1', 'b.yaml:1', 'c.yaml:1']);
  });

  it('keeps nothing when one of many files is wrong', async () => {
    const directory = await directoryWith({ 'a.yaml': TARGET });
    await writeFile(join(directory, 'b.yaml'), 'kind: [');
    expect(await loadDefinitions(directory, { now })).not.toHaveProperty('definitions');
  });
});

describe('YAML', () => {
  it.each([
    ['syntax', 'a: {b', /^1:6 error is not valid YAML: .* — Correct the syntax/],
    ['an unknown tag', 'a: !env x', /^1:4 error is not valid YAML: Unresolved tag: !env/],
    ['a duplicate field', 'a:\n  b: 1\n  b: 2', /^3:3 error \/a "b" stands twice here — Keep one of the two/],
    ['a cyclic anchor', 'a: &x\n  b: [*x]', /^2:7 error \/a\/b\/0 \*x contains itself/],
    ['an alias of nothing', 'a: *x', /^1:4 error .*x/],
    ['a merge key', 'a: &x {}\nb: { <<: *x }', /^2:6 error \/b has a merge key \(<<\)/],
    ['a numeric field name', '1: a', /^1:1 error has a field name that is not text — Put the name in quotes/],
    ['a list as a field name', '? [a]\n: b', /^1:1 error has a field name that is not text/],
    ['__proto__', 'a: { __proto__: { b: 1 } }', /^1:6 error \/a has a field named __proto__/],
    ['not a number', 'a: .nan', /^1:4 error \/a is not a value JSON has/],
    ['infinity', 'a: -.inf', /^1:4 error \/a is not a value JSON has/],
    ['a number that would be rounded', 'a: 9007199254740993', /^1:4 error \/a is a whole number beyond 2\^53/],
    ['depth 65', `a: ${'['.repeat(65)}${']'.repeat(65)}`, /nested deeper than 64/],
    ['endless brackets', '['.repeat(20_000), /^1:65 error is nested deeper than 64/],
    ['endless mappings', '{a: '.repeat(20_000), /^1:257 error is nested deeper than 64/],
    ['endless lists', '- '.repeat(20_000), /^1:129 error is nested deeper than 64/],
    ['endless names', '? '.repeat(20_000), /^1:129 error is nested deeper than 64/],
    ['too many values', `a: [${'1,'.repeat(50_001)}]`, /holds more than 50000 values, aliases written out/],
    [
      'an alias bomb',
      ['a: &a [x,x,x,x,x,x,x,x,x]', ...BOMB_LEVELS].join('\n'),
      /holds more than 50000 values, aliases written out/,
    ],
  ])('refuses %s', async (_name, text, expected) => {
    expect((await findingsOf(text)).join('\n')).toMatch(expected);
  });

  it('reads words that were booleans once as text, whatever version the file asks for', async () => {
    const text = `%YAML 1.1\n---\n${target('{ command: { run: [yes, no, on, 0777, 2026-09-01] } }')}`;
    const findings = await findingsOf(text);
    expect(findings).toEqual([expect.stringContaining('/spec/command/run/3 expected text, got 777')]);
  });

  it('takes large numbers that are meant to be rounded', async () => {
    expect(
      await findingsOf(target('{ http: { url: "https://x", body: [1e300, -1.5e20, 9007199254740991] } }')),
    ).toEqual([]);
  });

  it('gives an alias what its anchor held where it was written', async () => {
    const text = target('{ command: { run: [&x a, *x, &x b, *x], env: { A: *x } } }');
    expect(await findingsOf(text)).toEqual([]);
  });

  it('places what is wrong behind an alias at the anchor', async () => {
    const text = target('{ command: { run: [x], env: { A: &x { secret: wrong }, B: *x } } }');
    expect(await findingsOf(text)).toEqual([
      expect.stringMatching(/^4:53 error \/spec\/command\/env\/A\/secret expected env:NAME/),
      expect.stringMatching(/^4:53 error \/spec\/command\/env\/B\/secret expected env:NAME/),
    ]);
  });
});
