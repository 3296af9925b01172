import type { LoadedScenario } from '../../load/scenario.ts';
import { compare, type Difference } from './compare.ts';
import { type Happened, totalsOf } from './happened.ts';
import { momentText } from './moment-text.ts';
import { storyOf } from './story.ts';

/** What happened in a scenario, and how long running it took. */
export type Played = { readonly happened: Happened; readonly tookMs: number };

/** Runs scenarios and tells what happened in each, in their order. */
export type Engine = (scenarios: readonly LoadedScenario[]) => Promise<readonly Played[]>;

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
  readonly tookMs: number;
};

/** Compares what happened in a scenario with what it expects. */
export function checked(scenario: LoadedScenario, { happened, tookMs }: Played): Checked {
  const { name, file, line, trigger, spec } = scenario;
  const idle = happened.idle.map(({ index, atMs, what }): Difference => {
    const text = `${what} at ${momentText(atMs)}: there was no run to ${what}`;
    return { path: `/actions/${index}`, expected: what, text };
  });
  const compared = compare(spec.expect, totalsOf(happened), happened.toleranceMs);
  const differences = [...compared.map((it) => ({ ...it, path: `/expect${it.path}` })), ...idle];
  const story = differences.length === 0 ? [] : storyOf(happened);
  return { name, file, line, trigger: trigger.name, differences, story, tookMs };
}
