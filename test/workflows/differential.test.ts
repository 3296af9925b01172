import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';

import { resolveRun } from '../../activities/resolve-params.ts';
import { runOnCore } from '../../src/backtest/scenario/core-engine.ts';
import type { Happened } from '../../src/backtest/scenario/happened.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { loadDefinitions } from '../../src/load/load.ts';
import { type LoadedScenario, loadScenarios } from '../../src/load/scenario.ts';
import { playAll } from '../../src/virtual-time/play-all.ts';
import { cases, type GeneratedCase, UNTIL_MS } from './generated.ts';
import { bundleOnce } from './world.ts';

/** Scenarios that are compared; 1,000 before a release: SIGNALBOX_DIFFERENTIAL=1000. The seed makes a failure again. */
const COUNT = Number(process.env['SIGNALBOX_DIFFERENTIAL'] ?? 20);
const SEED = Number(process.env['SIGNALBOX_DIFFERENTIAL_SEED'] ?? Date.now() % 1_000_000);
/** Scenarios on one server at a time. */
const TOGETHER = 25;
/** Real work takes real time, which passes on the server's clock too: moments differ by so much at most. */
const TOLERANCE_MS = 20_000;
/** Two things that happen nearer than this could happen in either order: such a scenario is no case. */
const APART_MS = 2 * TOLERANCE_MS;

const TARGET = { kind: 'Target', metadata: { name: 'target' }, spec: { http: { url: 'https://pipelines.example/' } } };

/** The scenario of a case; undefined where lint refuses its trigger. */
async function loaded(generated: GeneratedCase): Promise<LoadedScenario | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-differential-'));
  try {
    const documents = [{ apiVersion: 'signalbox/v1', ...TARGET }, ...generated.documents];
    await writeFile(join(directory, 'case.yaml'), documents.map((it) => JSON.stringify(it)).join('\n---\n'));
    const definitions = await loadDefinitions(directory, { now: Date.now });
    if (!definitions.ok) return undefined;
    const { scenarios, findings } = await loadScenarios(definitions.scenarios, definitions.definitions);
    expect(findings).toEqual([]);
    return scenarios[0];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The id of a run of a fallback has its due moment in it, which is off by milliseconds: such runs go by their number. */
function runNames(entries: readonly LedgerEntry[]): ReadonlyMap<string, string> {
  const ids = entries.filter(({ kind, detail }) => kind === 'runDecided' && detail === 'fallback');
  return new Map(ids.map(({ runId = '' }, index) => [runId, `fallback ${index + 1}`] as const));
}

/** What an entry says, without what depends on how decisions fell into tasks. A window's events are told one by one. */
function told(
  { kind, key, stage, reason, runId = '', detail, eventIds = [] }: LedgerEntry,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const rest = [kind, key, stage, reason, detail];
  if (kind !== 'collected') return [JSON.stringify([...rest, names.get(runId) ?? runId, eventIds])];
  return eventIds.map((id) => JSON.stringify([...rest, id]));
}

type Told = { readonly text: string; readonly atMs: number };

function toldBy({ entries, startAt }: Happened): readonly Told[] {
  const names = runNames(entries);
  const lines = entries.flatMap((entry) =>
    told(entry, names).map((text): Told => ({ text, atMs: entry.at - startAt })),
  );
  // When a start was heard of is a matter of the machine.
  const moments = lines.map((line) => (line.text.startsWith('["startReported"') ? { ...line, atMs: 0 } : line));
  return moments.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.atMs - b.atMs));
}

/** Whether everything that happens is far enough apart to happen in one order only. */
function isClear(scenario: LoadedScenario, { entries, startAt }: Happened): boolean {
  const moments = entries.flatMap(({ at, dueAt, why }) => {
    const times = Object.entries(why ?? {}).flatMap(([name, value]) =>
      name.endsWith('At') && typeof value === 'number' ? [value] : [],
    );
    return [at, ...(dueAt === undefined ? [] : [dueAt]), ...times].map((moment) => moment - startAt);
  });
  moments.push(UNTIL_MS, ...scenario.events.map(({ atMs }) => atMs), ...scenario.spec.actions.map((it) => it.at));
  // The ends of two runs that began together are milliseconds apart in workflows, in either order.
  const ends = entries.filter(({ kind }) => kind === 'runEnded' || kind === 'runApproved').map(({ at }) => at);
  if (new Set(ends).size < ends.length) return false;
  const sorted = [...new Set(moments)].toSorted((a, b) => a - b);
  return sorted.every((moment, index) => index === 0 || moment - (sorted[index - 1] ?? 0) >= APART_MS);
}

type Case = { readonly generated: GeneratedCase; readonly scenario: LoadedScenario; readonly core: Happened };

/** Random cases that lint takes and that can happen in one order only. */
async function clearCases(): Promise<readonly Case[]> {
  const found: Case[] = [];
  const random = fc.sample(cases, { seed: SEED, numRuns: 12 * COUNT + 50 });
  for (const [index, make] of random.entries()) {
    if (found.length >= COUNT) break;
    const generated = make(`t${index}`);
    const scenario = await loaded(generated);
    if (!scenario) continue;
    const core = runOnCore(scenario, resolveRun);
    if (isClear(scenario, core)) found.push({ generated, scenario, core });
  }
  return found;
}

/** In what the two differ, for people; nothing where they agree. */
function differences({ generated, core }: Case, real: Happened | undefined): readonly string[] {
  if (!real) return [`${generated.name} was not played`];
  const [expected, actual] = [toldBy(core), toldBy(real)];
  const missing = expected.filter(({ text }) => !actual.some((it) => it.text === text));
  const unexpected = actual.filter(({ text }) => !expected.some((it) => it.text === text));
  const off = expected.flatMap(({ text, atMs }, index) => {
    const other = actual[index];
    const isOff = other?.text === text && Math.abs(other.atMs - atMs) > TOLERANCE_MS;
    return isOff ? [`at ${atMs} on the core, at ${other.atMs} in workflows: ${text}`] : [];
  });
  const lines = [
    ...missing.map(({ text, atMs }) => `only on the core, at ${atMs}: ${text}`),
    ...unexpected.map(({ text, atMs }) => `only in workflows, at ${atMs}: ${text}`),
    ...(expected.length === actual.length ? [] : [`${expected.length} on the core, ${actual.length} in workflows`]),
    ...off,
  ];
  return lines.length === 0 ? [] : [`seed ${SEED}, ${JSON.stringify(generated.documents)}`, ...lines];
}

describe(`generated scenarios (${COUNT}, seed ${SEED})`, () => {
  it(
    'give the same facts on the core and through the real workflows',
    { timeout: 120_000 + COUNT * 10_000 },
    async () => {
      const chosen = await clearCases();
      expect(chosen).toHaveLength(COUNT);
      const runs = chosen.flatMap(({ core }) => core.entries.filter(({ kind }) => kind === 'runDecided'));
      expect(runs.length).toBeGreaterThan(COUNT);
      const failures: string[] = [];
      for (let from = 0; from < chosen.length; from += TOGETHER) {
        const wave = chosen.slice(from, from + TOGETHER);
        const played = await playAll(
          wave.map(({ scenario }) => scenario),
          { path: inject('testServerPath'), code: await bundleOnce() },
        );
        for (const [index, one] of wave.entries()) failures.push(...differences(one, played[index]));
      }
      expect(failures).toEqual([]);
    },
  );
});
