import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';

import { describe, expect, test } from 'vitest';

import { allPages, filesBelow, type Page, type Piece } from './pages.ts';

const FOLDERS = 'src|workflows|activities|test|docs|examples|deploy|bin|\\.ci';
/** A path of the project wherever it stands in code; the end of a sentence is not part of it. */
const PATH = new RegExp(`(?<![\\w./@-])(?:${FOLDERS})/[\\w./*-]*[\\w*]`, 'g');
/** What installing, building and running make is there later. */
const MADE_LATER =
  /^(dist|node_modules|examples\/quickstart\/(models|data\/2026-09-04\.csv|events\/2026-09-04\.json))(\/|$)/;

/** `activities/resolve-params` in a diagram stands for a file or a folder. */
function exists(path: string): boolean {
  // What stands before a star is enough.
  const fixed = path.includes('*') ? dirname(path.slice(0, path.indexOf('*') + 1)) : path;
  return existsSync(fixed) || existsSync(`${fixed}.ts`);
}

function pathsOf({ spans, fenced }: Page): readonly Piece[] {
  return [...spans, ...fenced].flatMap(({ text, at }) =>
    [...text.matchAll(PATH)].map(([path]) => ({ text: path, at })),
  );
}

/** GitHub's anchor of a heading. */
function slug(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function brokenLink(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(file)) return true;
  if (anchor === undefined) return false;
  return !readFileSync(file, 'utf8')
    .split('\n')
    .some((line) => line.startsWith('#') && slug(line) === anchor);
}

describe('pages', () => {
  const pages = allPages();

  test('name only paths that are there', () => {
    const named = pages.flatMap(pathsOf);
    expect(named.length).toBeGreaterThan(50);
    const missing = named.filter(({ text }) => !MADE_LATER.test(text) && !exists(text));
    expect(missing.map(({ text, at }) => `${at} names ${text}, which is not there`)).toEqual([]);
  });

  test('link only to what is there', () => {
    const links = pages.flatMap(({ file, prose }) =>
      prose.flatMap(({ text, at }) =>
        [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ file, target, at })),
      ),
    );
    const own = links.filter(({ target }) => !/^[a-z]+:/.test(target));
    expect(own.length).toBeGreaterThan(10);
    const broken = own.filter(({ file, target }) => brokenLink(file, target));
    expect(broken.map(({ target, at }) => `${at} links to ${target}, which is not there`)).toEqual([]);
  });

  test('list every decision', () => {
    const index = readFileSync('docs/decisions/README.md', 'utf8');
    const pagesThere = filesBelow('docs/decisions', '.md')
      .map((file) => basename(file))
      .filter((file) => file !== 'README.md');
    expect(pagesThere.length).toBeGreaterThan(5);
    expect(pagesThere.filter((file) => !index.includes(`(${file})`))).toEqual([]);
  });
});

test('the license is the Apache License 2.0 word for word', () => {
  const digest = execFileSync('git', ['hash-object', '--no-filters', 'LICENSE'], { encoding: 'utf8' }).trim();
  // The blob that apache.org's LICENSE-2.0.txt is.
  expect(digest).toBe('d645695673349e3947e8e5ae42332d0ac3164cd7');
});
