import { expect, onTestFinished, test } from 'vitest';

import { eventually } from '../../e2e/service.ts';
import { report } from '../../setup/provided.ts';
import { THOROUGH } from '../../setup/thorough.ts';
import { random } from '../ledger/random.ts';
import { brokenHistories, endingOf, lettersOf, openAt, placesHeld } from './evidence.ts';
import { KINDS } from './kinds.ts';
import { isAsUsual, violations } from './oracle.ts';
import { type Experiment, OVER, System } from './system.ts';

const SEED = Number(process.env['SIGNALBOX_STEPS_SEED'] ?? Date.now() % 100_000);
/** Only steps of which kind and step, `deploy-sure run: startTarget stage begins 1`, fit this expression. */
const ONLY = new RegExp(process.env['SIGNALBOX_STEPS_ONLY'] ?? '');
/** Runs stopped by one kill. */
const AT_ONCE = 50;
/** Kills, each at steps drawn by the seed; a thorough run goes on until it had every step, some of them again. */
const KILLS_MAX = THOROUGH ? 40 : 2;
/** All come to their steps within this, on busy cores too. */
const ALL_THERE_WITHIN_MS = 90_000;
/** Calls that broke off are noticed after 15 seconds, tasks after 10; then the rest of the run. */
const OVER_WITHIN_MS = 240_000;
const GIVEN_BACK_WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = THOROUGH ? 3_600_000 : 900_000;

/** The steps of each kind, in the order in which undisturbed runs come to them. */
async function undisturbed(system: System): Promise<readonly Experiment[]> {
  const plain = KINDS.map((kind) => ({ name: `${kind.name}-plain`, kind }));
  const names = plain.map(({ name }) => name);
  await system.define('plain.yaml', plain);
  await system.startWorker([]);
  await Promise.all(names.map((name) => system.send(name)));
  await system.over(names, OVER_WITHIN_MS);
  const looked = await look(system, plain);
  expect(looked).toEqual(looked.map(({ name }) => ({ name, asUsual: true, wrong: [] })));
  expect(await system.killWorker()).toBe('SIGKILL');
  return plain.flatMap(({ name, kind }) => {
    const steps = system.steps().filter(({ trigger, step }) => trigger === name && step !== OVER);
    report(`${kind.name}: ${steps.length} steps`);
    return steps.map(({ step }, index) => ({ name: `${kind.name}-${index}`, kind, step }));
  });
}

/** Lets all come to their steps and kills the worker there. Gives those that came. */
async function kill(system: System, experiments: readonly Experiment[]): Promise<readonly Experiment[]> {
  const names = experiments.map(({ name }) => name);
  await Promise.all(names.map((name) => system.send(name)));
  const stopped = await system.stopped(names, ALL_THERE_WITHIN_MS);
  expect(await system.killWorker()).toBe('SIGKILL');
  const missed = experiments.filter(({ name }) => !stopped.has(name));
  report(`${seconds()} killed at ${stopped.size} of ${names.length} steps`);
  for (const { name, step } of missed) report(`  ${name} never came to "${step}"`);
  return experiments.filter(({ name }) => stopped.has(name));
}

/** How the runs of these went, and what is wrong with them. */
async function look(system: System, experiments: readonly Experiment[]) {
  const { client } = system.service;
  const [runs, letters] = [await system.runs(), await lettersOf(client)];
  return Promise.all(
    experiments.map(async ({ name, kind }) => {
      const [run, ...more] = runs.get(name) ?? [];
      const ending = await endingOf(client, run?.runId ?? '', letters);
      const changes = system.outside.changes.filter(({ trigger }) => trigger === name);
      const why = violations(kind, ending, changes).map((one) => `${one} (${ending.detail})`);
      const wrong = [...why, ...more.map(({ runId }) => `a second run ${runId}`)];
      return { name, asUsual: isAsUsual(kind, ending, changes), wrong };
    }),
  );
}

const seconds = () => `${(performance.now() / 1_000).toFixed(0)} s:`;

test(
  'a worker killed at every step of every kind of run leaves none half done without saying so',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const system = await System.start();
    onTestFinished(async () => system.stop());
    report(`${seconds()} SIGNALBOX_STEPS_SEED=${SEED}`);
    const steps = await undisturbed(system);
    const queue = random(SEED, 0).shuffle(steps.filter(({ kind, step }) => ONLY.test(`${kind.name} ${step}`)));
    const [had, killed]: [Experiment[], Experiment[]] = [[], []];
    for (let count = 1; queue.length > 0 && count <= KILLS_MAX; count += 1) {
      const drawn = queue
        .splice(0, AT_ONCE)
        .map((one) => ({ ...one, name: `${one.name.replace(/-k\d+$/, '')}-k${count}` }));
      await system.define(`kill-${count}.yaml`, drawn);
      await system.startWorker(drawn);
      await system.over(
        had.map(({ name }) => name),
        OVER_WITHIN_MS,
      );
      const came = await kill(system, drawn);
      killed.push(...came);
      queue.push(...drawn.filter((one) => !came.includes(one)));
      had.push(...drawn);
    }
    await system.startWorker([]);
    await system.over(
      had.map(({ name }) => name),
      OVER_WITHIN_MS,
    );

    const { client } = system.service;
    const looked = await look(system, had);
    const unusual = looked.filter(({ asUsual }) => !asUsual).length;
    report(`${seconds()} killed at ${killed.length} of ${steps.length} steps; ${unusual} runs wait for a person`);
    expect(looked.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
    const nobody = async () => ((await placesHeld(client)).length === 0 ? true : undefined);
    await eventually('every place is given back', nobody, GIVEN_BACK_WITHIN_MS);
    const open = await Promise.all(had.map(({ name }) => openAt(client, name)));
    expect(open.flat()).toEqual([]);
    expect(await brokenHistories(client)).toEqual([]);
    report(`${seconds()} every history replays`);
  },
);
