import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { resolveRun } from '../../activities/resolve-params.ts';
import { test as testWith, type TestOptions } from '../../src/cli/test.ts';
import { directoryWith, TARGET, trigger } from '../load/directory.ts';

const DEFINITIONS = `${trigger('  events: { pattern: { type: [a] } }\n  run: { target: train }')}${TARGET}`;

function scenario(name: string, runs: string): string {
  return `---
apiVersion: signalbox/v1
kind: Scenario
metadata: { name: ${name} }
spec: { trigger: retrain, events: [{ at: 0s, event: { type: a } }], expect: { runs: ${runs} } }
`;
}

const test = (options: Omit<TestOptions, 'engine'> & Partial<TestOptions>, format: 'text' | 'json') => {
  const openTemporal = async () => ({ ok: false, message: 'no server', remedy: 'Get one.' }) as const;
  return testWith({ engine: 'core', ...options }, format, { resolve: resolveRun, openTemporal });
};

let out = '';
let err = '';
beforeEach(() => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => (out += String(text)) !== '');
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (err += String(text)) !== '');
});
afterEach(() => vi.restoreAllMocks());

const given = (...scenarios: readonly string[]) => directoryWith({ 'a.yaml': [DEFINITIONS, ...scenarios].join('') });

describe('signalbox test', () => {
  it('ends with 0 where every scenario passes', async () => {
    const directory = await given(scenario('one', '[{ at: 0s }]'), scenario('two', '[{}]'));
    expect(await test({ directory }, 'text')).toBe(0);
    expect(out).toContain('✓ one retrain');
    expect(out).toContain('2 scenarios: 2 passed');
  });

  it('ends with 1 where one fails, and shows what differs and what happened', async () => {
    const directory = await given(scenario('fine', '[{}]'), scenario('wrong', '[{ at: 5s }]'));
    expect(await test({ directory }, 'text')).toBe(1);
    expect(out).toContain('✗ wrong retrain, line 20');
    expect(out).toContain('run 1 at: expected 5s, got 0s');
    expect(out).toContain('0s  run 1 decided: cause events');
    expect(out).toContain('2 scenarios: 1 failed, 1 passed');
  });

  it('answers as JSON', async () => {
    const directory = await given(scenario('fine', '[{}]'), scenario('wrong', '[]'));
    await test({ directory }, 'json');
    const file = join(directory, 'a.yaml');
    expect(JSON.parse(out)).toEqual({
      passed: 1,
      failed: 1,
      scenarios: [
        { name: 'fine', file, status: 'passed', diff: [] },
        {
          name: 'wrong',
          file,
          status: 'failed',
          diff: [
            { path: '/expect/runs', expected: 0, actual: 1, text: 'runs: expected 0, got 1' },
            expect.objectContaining({
              path: '/expect/runs/0',
              actual: expect.objectContaining({ at: '0s', key: 'default' }),
            }),
          ],
        },
      ],
    });
  });

  it('runs only what the filter names', async () => {
    const directory = await given(scenario('fine', '[{}]'), scenario('wrong', '[]'));
    expect(await test({ directory, filter: 'fin' }, 'text')).toBe(0);
    expect(out).toContain('1 scenario: 1 passed');
  });

  it('writes a JUnit report', async () => {
    const directory = await given(scenario('wrong', '[]'));
    const junit = join(directory, 'report.xml');
    expect(await test({ directory, junit }, 'text')).toBe(1);
    expect(readFileSync(junit, 'utf8')).toContain('<testcase name="wrong" classname="retrain"');
  });

  it.each([
    ['there is no scenario', [], {}, 'There is no scenario in'],
    ['no scenario has the name', [scenario('fine', '[{}]')], { filter: 'x9' }, 'has "x9" in its name or trigger'],
    ['a scenario has an error', [scenario('fine', '[{ key: {} }]')], {}, '/spec/expect/runs/0/key'],
    ['a definition has an error', ['---\nkind: Trigger\n'], {}, '/apiVersion'],
    ['the report cannot be written', [scenario('fine', '[{}]')], { junit: '/dev/null/r.xml' }, 'cannot be written'],
  ])('could not run where %s', async (_, documents, options, said) => {
    expect(await test({ directory: await given(...documents), ...options }, 'text')).toBe(2);
    expect(err).toContain(said);
  });

  it('could not run where the engine it asks for cannot be had', async () => {
    const directory = await given(scenario('fine', '[{}]'));
    expect(await test({ directory, engine: 'temporal' }, 'text')).toBe(2);
    expect(err).toContain('no server');
  });

  it('shows nothing that acts on a terminal', async () => {
    const event = '[{ at: 0s, event: { type: a, data: "x", id: "a\\u202eb" } }]';
    const directory = await given(scenario('wrong', '[]').replace('[{ at: 0s, event: { type: a } }]', event));
    await test({ directory }, 'text');
    expect(out).toContain('a\\u202eb');
    expect(out).not.toContain('\u202e');
  });
});
