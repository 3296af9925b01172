// Trains the model of the quickstart and registers it as a version of the model `pump` in MLflow.
//
// Standard input: a run as JSON; params.files are CSV files in the data folder of the quickstart. The registry is named by
// REGISTRY. Standard output: one line of JSON, with the version. The same run again finds the version it registered.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const { REGISTRY } = process.env;
const QUICKSTART = join(import.meta.dirname, '../quickstart');

async function registry(method, path, body) {
  const query = method === 'GET' ? `?${new URLSearchParams(body)}` : '';
  const answer = await fetch(`${REGISTRY}/api/2.0/mlflow/${path}${query}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
  const said = await answer.json();
  if (!answer.ok && said.error_code !== 'RESOURCE_ALREADY_EXISTS') throw new Error(`${path}: ${said.message}`);
  return said;
}

/** The version that this run has registered, if it did so before. */
async function registered(runId) {
  const filter = `name='pump'`;
  const { model_versions: versions = [] } = await registry('GET', 'model-versions/search', { filter });
  return versions.find(({ description }) => description === runId)?.version;
}

async function register(runId, source, auc) {
  await registry('POST', 'registered-models/create', { name: 'pump' });
  const known = await registered(runId);
  if (known !== undefined) return known;
  const made = await registry('POST', 'model-versions/create', {
    name: 'pump',
    source: `s3://models/${source}`,
    description: runId,
    tags: [{ key: 'auc', value: String(auc) }],
  });
  return made.model_version.version;
}

const input = await text(process.stdin);
const trained = spawnSync(process.execPath, ['train.mjs'], { cwd: QUICKSTART, input, encoding: 'utf8' });
process.stderr.write(trained.stderr);
if (trained.status !== 0) process.exit(1);
const { model, auc } = JSON.parse(trained.stdout);
const version = await register(JSON.parse(input).runId, model, auc);
console.log(JSON.stringify({ model: 'pump', version, auc }));
