import type { Engine, Played } from '../backtest/scenario/check.ts';
import type { LoadedScenario } from '../load/scenario.ts';
import type { Settings } from '../settings.ts';
import { findTestServer } from '../temporal/embedded/test-server.ts';
import { playAll } from './play-all.ts';

/** Finds the time-skipping server, and fetches it where it is not there yet. */
export async function openTemporalEngine({
  cacheDirectory,
  testServerBin,
}: Pick<Settings, 'cacheDirectory' | 'testServerBin'>): Promise<
  | { readonly ok: true; readonly engine: Engine }
  | { readonly ok: false; readonly message: string; readonly remedy: string }
> {
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const found = await findTestServer({ cacheDirectory, report, ...(testServerBin && { bin: testServerBin }) });
  return found.ok ? { ok: true, engine: (scenarios) => playInWaves(scenarios, found.path) } : found;
}

/** Scenarios of one trigger come one after the other, each on a server of its own: an instance remembers. */
async function playInWaves(scenarios: readonly LoadedScenario[], path: string): Promise<readonly Played[]> {
  const played = new Map<LoadedScenario, Played>();
  for (const wave of wavesOf(scenarios)) {
    const startedAt = performance.now();
    const happened = await playAll(wave, { path });
    const tookMs = (performance.now() - startedAt) / wave.length;
    for (const [index, scenario] of wave.entries()) {
      const one = happened[index];
      if (one) played.set(scenario, { happened: one, tookMs });
    }
  }
  return scenarios.flatMap((scenario) => played.get(scenario) ?? []);
}

/** Groups in which every trigger is tested once. */
function wavesOf(scenarios: readonly LoadedScenario[]): readonly (readonly LoadedScenario[])[] {
  const waves: LoadedScenario[][] = [];
  const seen = new Map<string, number>();
  for (const scenario of scenarios) {
    const nth = seen.get(scenario.trigger.name) ?? 0;
    seen.set(scenario.trigger.name, nth + 1);
    const wave = waves[nth] ?? [];
    wave.push(scenario);
    waves[nth] = wave;
  }
  return waves;
}
