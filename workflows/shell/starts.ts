import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { QUICK_TEMPORAL_CALLS, TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { RunRequest, StartReport } from '../../src/core/fact.ts';

const { startRuns } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'start runs' });
const { startRuns: startRunsNow } = proxyLocalActivities<Activities>(QUICK_TEMPORAL_CALLS);

/** Runs started by one activity: a chunk stays well under a second and one payload's size. */
const CHUNK_RUNS = 25;
const CHUNK_BYTES = 512 * 1_024;
/** Most runs started within the task that decided them; more would hold the task open too long. */
const SOLE_MAX = 8;

/**
 * Starts decided runs. A run of one offer alone may start within the task, since deciding again gives the same run; all
 * others are started by an activity whose command is committed together with the decision.
 */
export class Starts {
  /** Activities on their way. */
  pending = 0;
  private readonly trigger: string;
  private readonly report: (report: StartReport) => void;

  constructor(trigger: string, report: (report: StartReport) => void) {
    this.trigger = trigger;
    this.report = report;
  }

  /** Starts these runs in chunks; reports come one by one as inputs. */
  start(runs: readonly RunRequest[], sole: boolean): void {
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
