import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, it } from 'vitest';
import { z } from 'zod';

import { describeTarget } from '../../connectors/targets/contract.ts';
import { freePort, serverFolder, startServer } from '../servers/process.ts';
import { installPython } from '../servers/python.ts';

const VERSION = '1.13.27';
const installed = await installPython(`dagster-${VERSION}`, [`dagster==${VERSION}`, `dagster-webserver==${VERSION}`]);

// The open-source server does not look at the credential.
const specOf = (url: string, job = 'retrain') => ({
  dagster: { url, auth: { cloudToken: { secret: 'env:DAGSTER_TOKEN' } }, location: 'pipelines.py', job },
});

const PIPELINES = `
import time
import dagster as dg

@dg.op(config_schema={"course": str})
def train(context):
    course = context.op_config["course"]
    if course == "failed":
        raise dg.Failure("no data", allow_retries=False)
    if course == "goesOn":
        time.sleep(3600)

@dg.job
def retrain():
    train()

defs = dg.Definitions(jobs=[retrain])
`;

async function open(bin: string) {
  const folder = await serverFolder('dagster');
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'dagster.yaml'), 'telemetry:\n  enabled: false\n');
  await writeFile(join(folder, 'pipelines.py'), PIPELINES);
  const command = [join(bin, 'dagster'), 'dev', '-f', 'pipelines.py', '-h', '127.0.0.1', '-p', String(port)];
  const environment = { DAGSTER_HOME: folder, PATH: `${bin}:${process.env['PATH']}` };
  return { origin, server: await startServer(folder, command, environment, `${origin}/server_info`) };
}

const countSchema = z.object({ data: z.object({ runsOrError: z.object({ results: z.array(z.unknown()) }) }) });

async function runsOf(origin: string, value: string): Promise<number> {
  const query = `query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results { runId } } } }`;
  const variables = { filter: { tags: [{ key: 'signalbox/run_key', value }] } };
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
  const answer = await fetch(`${origin}/graphql`, init);
  return countSchema.parse(await answer.json()).data.runsOrError.results.length;
}

describe('dagster', () => {
  if (!installed.ok) {
    it('runs here', ({ skip }) => skip(installed.reason));
    return;
  }
  describeTarget(`dagster ${VERSION}`, { once: 'lookUp', follows: true, probes: true }, async () => {
    const { origin, server } = await open(installed.bin);
    return {
      origin,
      spec: (at) => specOf(at),
      missing: (at) => specOf(at, 'renamed'),
      secrets: { 'env:DAGSTER_TOKEN': 'canary-d00d1e5' },
      acts: ({ body }) => body.includes('launchRun('),
      effects: (token) => runsOf(origin, token),
      params: (course) => ({ ops: { train: { config: { course } } } }),
      insideErrors: ['{"data":null,"errors":[{"message":"Cannot query field"}]}'],
      unknown: { runId: randomUUID() },
      close: () => server.stop(),
    };
  });
});
