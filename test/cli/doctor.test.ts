import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { fail, ok } from '../../src/cli/check.ts';
import { definitionsCheck, diskCheck, nodeCheck, stateChecks } from '../../src/cli/doctor-machine.ts';
import { differenceCheck } from '../../src/cli/doctor-temporal.ts';
import { checkLines } from '../../src/cli/doctor.ts';

const DAY_MS = 86_400_000;
const GIB = 1_024 ** 3;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-doctor-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('signalbox doctor', () => {
  test.each([
    ['18.20.0', 'fail'],
    ['20.18.9', 'fail'],
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
  ])('finds Node %s: %s', (version, level) => {
    expect(nodeCheck(version).level).toBe(level);
  });

  test.each([
    [50 * GIB, 'ok'],
    [GIB / 2, 'warn'],
    [1_000, 'fail'],
  ])('finds %d free bytes: %s', (bytes, level) => {
    expect(diskCheck(bytes).level).toBe(level);
  });

  test('leaves a state directory as it was, and one that is not there away', async () => {
    for (const state of [directory, join(directory, 'deep', 'state')]) {
      const checks = await stateChecks(state, Date.now);
      expect(checks.map(({ name, level }) => [name, level])).toEqual([
        ['state', 'ok'],
        ['disk', expect.any(String)],
        ['clock', 'ok'],
      ]);
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  test('says that a state directory cannot be one', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(await stateChecks(join(file, 'state'), Date.now)).toEqual([
      { name: 'state', level: 'fail', detail: expect.stringContaining('not a directory'), remedy: expect.any(String) },
    ]);
  });

  test('sees a disk whose clock is another one', async () => {
    const hourLater = () => Date.now() + 3_600_000;
    expect(await stateChecks(directory, hourLater)).toContainEqual(
      expect.objectContaining({ name: 'clock', level: 'warn', detail: expect.stringContaining('3600 s behind') }),
    );
  });

  test('finds definitions that would not be taken', async () => {
    const definitions = join(directory, 'definitions');
    expect(await definitionsCheck(definitions)).toMatchObject({ level: 'fail' });
    mkdirSync(definitions);
    expect(await definitionsCheck(definitions)).toMatchObject({
      level: 'ok',
      detail: expect.stringContaining('0 triggers'),
    });
    writeFileSync(join(definitions, 'a.yaml'), 'kind: Nothing\n');
    expect(await definitionsCheck(definitions)).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('signalbox lint'),
    });
  });

  test.each([
    [1, 'fail'],
    [7, 'warn'],
  ])('finds a retention of %d days: %s, with the command that fixes it', (days, level) => {
    const difference = { kind: 'retention', actualMs: days * DAY_MS, wantedMs: 30 * DAY_MS, remedy: 'fix it' } as const;
    const detail = expect.stringContaining('30 days');
    expect(differenceCheck(difference)).toEqual({ name: 'namespace', level, detail, remedy: 'fix it' });
  });

  test.each(['missing', 'notKeyword'] as const)('finds a search attribute that is %s', (actual) => {
    const difference = { kind: 'searchAttribute', name: 'SignalboxKey', actual, remedy: 'fix it' } as const;
    expect(differenceCheck(difference)).toMatchObject({ level: 'fail', remedy: 'fix it' });
  });

  test('prints a line for each, and the remedy below what is not fine', () => {
    expect(checkLines([ok('Node', '20.20.2'), fail('disk', 'full', 'Free some.')])).toEqual([
      'ok    Node  20.20.2',
      'fail  disk  full',
      '            → Free some.',
    ]);
  });
});
