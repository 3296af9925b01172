import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { openLogFile } from '../../src/cli/log-file.ts';

function fileIn(): string {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'state', 'signalbox.log');
}

test('a log file is appended to, also after a new start', () => {
  const file = fileIn();
  openLogFile(file)('one\n');
  openLogFile(file)('two\n');
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

test('a log file that is full is set aside, and there are never more than two', () => {
  const file = fileIn();
  const append = openLogFile(file, 8);
  for (let at = 0; at < 10; at += 1) append(`line ${at}\n`);
  expect(readdirSync(join(file, '..')).toSorted()).toEqual(['signalbox.log', 'signalbox.log.1']);
  expect(readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')).toBe('line 6\nline 7\nline 8\nline 9\n');
});
