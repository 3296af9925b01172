import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { FinishedOutcome } from '../target.ts';

/** Run ids name folders, so nothing in them may lead elsewhere. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

const started = z.object({ startedAt: z.string() });
const result = z.object({
  kind: z.literal('finished'),
  status: z.enum(['succeeded', 'failed', 'timedOut', 'cancelled']),
  result: z.json().exactOptional(),
  detail: z.string().exactOptional(),
});

/**
 * What is on disk about one run: `started.json`, written before its program is spawned, and `result.json`, written
 * when it ended by itself. The first without the second means that whoever watched it died or was told to stop.
 */
export type RunRecord = {
  readonly outputPath: string;
  /** Claims the start; false where it was claimed before. Exclusive among all processes on this disk. */
  claim(facts: Json): Promise<boolean>;
  /** Gives the claim back: the program did not start. */
  release(): Promise<void>;
  finish(outcome: FinishedOutcome): Promise<void>;
  /** How the run ended, as recorded; undefined where nothing readable is. */
  outcome(): Promise<FinishedOutcome | undefined>;
  /** When it was started, RFC 3339; undefined where nothing readable is. */
  startedAt(): Promise<string | undefined>;
};

/** Where a run's record is kept. Throws for a run id that is not one of ours. */
export function runDirectory(stateDirectory: string, runId: string): string {
  if (!RUN_ID.test(runId)) throw new Error(`not a run id: ${JSON.stringify(runId.slice(0, 200))}`);
  return join(stateDirectory, 'runs', runId);
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

async function readJson<Shape>(path: string, schema: z.ZodType<Shape>): Promise<Shape | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The record of one run in its folder. Files are flushed to disk before a call resolves. */
export function createRunRecord(directory: string): RunRecord {
  const startedPath = join(directory, 'started.json');
  const resultPath = join(directory, 'result.json');
  return {
    outputPath: join(directory, 'output.log'),
    claim: async (facts) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      try {
        await writeFile(startedPath, `${JSON.stringify(facts)}\n`, { flag: 'wx', mode: 0o600, flush: true });
        return true;
      } catch (error) {
        if (isExists(error)) return false;
        await rm(startedPath, { force: true });
        throw error;
      }
    },
    release: () => rm(startedPath, { force: true }),
    finish: async (outcome) => {
      const draft = `${resultPath}.draft`;
      await writeFile(draft, `${JSON.stringify(outcome)}\n`, { mode: 0o600, flush: true });
      await rename(draft, resultPath);
    },
    outcome: () => readJson(resultPath, result),
    startedAt: async () => (await readJson(startedPath, started))?.startedAt,
  };
}
