import type { LoadedScenario } from '../../load/scenario.ts';
import { compare, type Difference } from './compare.ts';
import { type Happened, totalsOf } from './happened.ts';
import { momentText } from './moment-text.ts';
import { storyOf } from './story.ts';

/** Runs a scenario and tells what happened. */
export type Engine = (scenario: LoadedScenario) => Happened | Promise<Happened>;

/** How a scenario went. */
export type Checked = {
  readonly name: string;
  readonly file: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly trigger: string;
  readonly differences: readonly Difference[];
  /** What happened, for people: told where something differs. */
  readonly story: readonly string[];
  /** Processor and waiting time of running it. */
  readonly tookMs: number;
};

/** Runs a scenario on an engine and compares what happened with what it expects. */
export async function checkScenario(scenario: LoadedScenario, engine: Engine, now: () => number): Promise<Checked> {
  const { name, file, line, trigger, startAt, spec } = scenario;
  const startedAt = now();
  const happened = await engine(scenario);
  const totals = totalsOf(happened, startAt);
  const idle = happened.idle.map(({ index, atMs, what }): Difference => {
    const text = `${what} at ${momentText(atMs)}: there was no run to ${what}`;
    return { path: `/actions/${index}`, expected: what, text };
  });
  const compared = compare(spec.expect, totals).map((it) => ({ ...it, path: `/expect${it.path}` }));
  const differences = [...compared, ...idle];
  const story = differences.length === 0 ? [] : storyOf(happened, startAt);
  return { name, file, line, trigger: trigger.name, differences, story, tookMs: now() - startedAt };
}
