import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';

import type { Happened } from '../../src/backtest/scenario/happened.ts';
import { loadWritten } from '../../src/load/load.ts';
import { type LoadedScenario, loadScenarios } from '../../src/load/scenario.ts';
import { playAll } from '../../src/virtual-time/play-all.ts';
import { clearlyHappened, differences } from './compared.ts';
import { FOUND_BEFORE } from './found-before.ts';
import { cases, type MakeCase } from './generated.ts';
import { bundleOnce } from './world.ts';

const { SIGNALBOX_DIFFERENTIAL, SIGNALBOX_DIFFERENTIAL_SEED, SIGNALBOX_DIFFERENTIAL_PATH } = process.env;

/** Scenarios that are compared. */
const COUNT = Number(SIGNALBOX_DIFFERENTIAL ?? 20);
const SEED = Number(SIGNALBOX_DIFFERENTIAL_SEED ?? Date.now() % 1_000_000);
/** Scenarios on one server at a time: a server takes seconds to start, and real time passes for all that are on one. */
const TOGETHER = 50;
/** Servers at a time. One keeps a core busy at most, for each of its tasks goes through three processes. */
const SERVERS = 2;
/** Almost every second random case can be compared; a generator that makes few such is broken. */
const TRIES_MAX = 5 * COUNT + 100;
/** Differing scenarios that are made smaller, and for how long each: one that differs is worth some minutes, not hours. */
const SHRUNK_MAX = 3;
const SHRINK_MS = 180_000;

const TARGET = {
  apiVersion: 'signalbox/v1',
  kind: 'Target',
  metadata: { name: 'target' },
  spec: { http: { url: 'https://pipelines.example/' } },
};

/** `path` says where fast-check made it, if it did: with the seed, it makes it again. */
type Case = { readonly path?: string; readonly scenario: LoadedScenario; readonly core: Happened };
type Failure = { readonly path?: string; readonly text: string };

/** A case that lint takes and that can happen in one order only; undefined for any other. */
async function caseOf(make: MakeCase, name: string): Promise<Omit<Case, 'path'> | undefined> {
  const documents = make(name);
  const loaded = await loadWritten([TARGET, ...documents], { now: Date.now });
  if (!loaded.ok) return undefined;
  const { scenarios, findings } = await loadScenarios(loaded.scenarios, loaded.definitions);
  expect([...loaded.warnings, ...findings].filter(({ severity }) => severity === 'error')).toEqual([]);
  const [scenario] = scenarios;
  const core = scenario && clearlyHappened(scenario);
  return core && { scenario, core };
}

/** What was found before, then random cases, in groups that fit on one server. */
async function* waves(): AsyncGenerator<readonly Case[], void, undefined> {
  let wave: Case[] = [];
  let found = 0;
  for (const [index, make] of FOUND_BEFORE.entries()) {
    const one = await caseOf(make, `found-${index}`);
    if (!one) throw new Error(`what was found before is no case any more: number ${index}`);
    wave.push(one);
  }
  for (const [index, make] of fc.sample(cases, { seed: SEED, numRuns: TRIES_MAX }).entries()) {
    const one = await caseOf(make, `random-${index}`);
    if (!one) continue;
    wave.push({ ...one, path: String(index) });
    found += 1;
    if (wave.length === TOGETHER || found === COUNT) {
      yield wave;
      wave = [];
    }
    if (found === COUNT) return;
  }
}

/** In what cases differ between the core and the workflows. */
async function failuresOf(wave: readonly Case[]): Promise<readonly Failure[]> {
  const scenarios = wave.map(({ scenario }) => scenario);
  const played = await playAll(scenarios, { path: inject('testServerPath'), code: await bundleOnce() });
  return wave.flatMap(({ path, core, scenario: { name, trigger, spec } }, index): readonly Failure[] => {
    const lines = differences(core, played[index]);
    const documents = [`trigger: ${JSON.stringify(trigger.spec)}`, `scenario: ${JSON.stringify(spec)}`];
    const text = [name, ...lines, ...documents].join('\n');
    return lines.length === 0 ? [] : [{ text, ...(path !== undefined && { path }) }];
  });
}

/** With the line that plays it again, and the smallest case that differs by itself, found in the time there is for it. */
async function shrunk({ path, text }: Failure): Promise<string> {
  if (path === undefined) return text;
  const property = fc.asyncProperty(cases, async (make) => {
    const one = await caseOf(make, 'smaller');
    fc.pre(one !== undefined);
    const [failure] = one ? await failuresOf([one]) : [];
    if (failure) throw new Error(failure.text);
  });
  const found = await fc.check(property, { seed: SEED, path, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS });
  const { failed, counterexamplePath, errorInstance } = found;
  const whole = `${text}\n${replayOf(path)}`;
  if (!failed || !(errorInstance instanceof Error)) return `${whole}\nAlone it did not differ.`;
  return `${whole}\n\n${errorInstance.message}\n${replayOf(counterexamplePath ?? path)}`;
}

function replayOf(path: string): string {
  const variables = `SIGNALBOX_DIFFERENTIAL_SEED=${SEED} SIGNALBOX_DIFFERENTIAL_PATH=${path}`;
  return `replay: ${variables} npx vitest run --project workflows test/workflows/differential.test.ts`;
}

const name = SIGNALBOX_DIFFERENTIAL_PATH === undefined ? `${COUNT}, seed ${SEED}` : `seed ${SEED}, one of them`;

describe(`generated scenarios (${name})`, () => {
  const timeout = 240_000 + COUNT * 10_000 + SHRUNK_MAX * SHRINK_MS;

  it('give the same facts on the core and through the real workflows', { timeout }, async () => {
    const failures: Failure[] = [];
    let compared = 0;
    let runs = 0;
    const compare = async (wave: readonly Case[]) => {
      failures.push(...(await failuresOf(wave)));
      compared += wave.length;
      for (const { core } of wave) runs += core.entries.filter(({ kind }) => kind === 'runDecided').length;
      process.stdout.write(`differential: seed ${SEED}, ${compared} compared, ${failures.length} differ\n`);
    };
    if (SIGNALBOX_DIFFERENTIAL_PATH !== undefined) {
      const path = SIGNALBOX_DIFFERENTIAL_PATH;
      const [make] = fc.sample(cases, { seed: SEED, path, numRuns: 1 });
      const one = make && (await caseOf(make, 'replayed'));
      expect(one && (await failuresOf([one]))).toEqual([]);
      return;
    }
    const all = waves();
    const server = async () => {
      for await (const wave of { [Symbol.asyncIterator]: () => ({ next: () => all.next() }) }) await compare(wave);
    };
    await Promise.all(Array.from({ length: SERVERS }, server));
    expect(compared).toBe(COUNT + FOUND_BEFORE.length);
    expect(runs).toBeGreaterThan(COUNT);
    const texts: string[] = [];
    for (const failure of failures.slice(0, SHRUNK_MAX)) texts.push(await shrunk(failure));
    expect([...texts, ...failures.slice(SHRUNK_MAX).map(({ text }) => text)]).toEqual([]);
  });
});
