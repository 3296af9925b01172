import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { QUICK_TEMPORAL_CALLS, TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { RunRequest, StartReport } from '../../src/core/fact.ts';

const { startRuns } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'start runs' });
const { startRuns: startRunsNow } = proxyLocalActivities<Activities>(QUICK_TEMPORAL_CALLS);

/** Runs started by one activity: a chunk stays well under a second and one payload's size. */
const CHUNK_RUNS = 25;
const CHUNK_BYTES = 512 * 1_024;
/** Most runs started within the task that decided them; more would hold the task open too long. */
const SOLE_MAX = 8;

/**
 * Starts decided runs by activities whose commands are committed together with the decisions. Instances that began before
 * decision 0024 start a run of one offer alone within the task; their histories have it so.
 */
export class Starts {
  /** Activities on their way. */
  pending = 0;
  private readonly trigger: string;
  private readonly early: boolean;
  private readonly report: (report: StartReport) => void;

  constructor(trigger: string, early: boolean, report: (report: StartReport) => void) {
    this.trigger = trigger;
    this.early = early;
    this.report = report;
  }

  /** Starts what a step decided. */
  act(effects: readonly Effect[]): void {
    const starts = effects.filter((effect) => effect.kind === 'startRun');
    const runsOf = (some: typeof starts) => some.map(({ run }) => run);
    if (!this.early) return this.start(runsOf(starts));
    this.start(runsOf(starts.filter(({ sole }) => sole)), true);
    this.start(runsOf(starts.filter(({ sole }) => !sole)));
  }

  /** Starts these runs in chunks; reports come one by one as inputs. */
  start(runs: readonly RunRequest[], sole = false): void {
    for (const chunk of chunksOf(runs)) this.startChunk(chunk, sole && runs.length <= SOLE_MAX);
  }

  private startChunk(runs: readonly RunRequest[], now: boolean): void {
    this.pending += 1;
    const input = { trigger: this.trigger, runs };
    const started = now ? startRunsNow(input).catch(() => startRuns(input)) : startRuns(input);
    void started.then((reports) => {
      for (const report of reports) this.report(report);
      this.pending -= 1;
    });
  }
}

function chunksOf(runs: readonly RunRequest[]): readonly (readonly RunRequest[])[] {
  const chunks: RunRequest[][] = [];
  let bytes = 0;
  for (const run of runs) {
    const last = chunks.at(-1);
    bytes += run.bytes;
    if (last && last.length < CHUNK_RUNS && bytes <= CHUNK_BYTES) last.push(run);
    else {
      chunks.push([run]);
      bytes = run.bytes;
    }
  }
  return chunks;
}
