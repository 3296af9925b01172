// A small model server: it serves the versions that the aliases `staging` and `champion` of the model `pump` point to.
//
//   REGISTRY=http://127.0.0.1:5090 PORT=5091 node model-server.mjs
//
// GET  /staging  /champion   which version serves there
// POST /champion/predict     a prediction of it, for the features of one reading
// POST /evaluate             how well the version of params.slot does
// POST /degrade {version}    from now on that version answers nonsense half of the time, so that something can be noticed
// GET  /errors               the error rate of what serves, over its last 200 predictions
// POST /owners  /pager       what people are told; GET /told lists it
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

const { REGISTRY, PORT } = process.env;
const MODELS = join(import.meta.dirname, '../quickstart');
const LOOKED_BACK = 200;

const told = [];
const degraded = new Set();
const outcomes = new Map();

/** The version an alias points to, with its weights; undefined where it points nowhere. */
async function serving(alias) {
  const query = new URLSearchParams({ name: 'pump', alias });
  const answer = await fetch(`${REGISTRY}/api/2.0/mlflow/registered-models/alias?${query}`);
  if (!answer.ok) return undefined;
  const { version, source, tags = [] } = (await answer.json()).model_version;
  const auc = Number(tags.find(({ key }) => key === 'auc')?.value ?? NaN);
  const file = join(MODELS, source.replace('s3://models/', ''));
  return { version, auc, model: JSON.parse(readFileSync(file, 'utf8')) };
}

function predict({ version, model }, features) {
  const z = model.weights.reduce((sum, weight, f) => {
    const { mean, deviation } = model.scales[f];
    return sum + (weight * (features[f] - mean)) / deviation;
  }, model.bias);
  const isNonsense = degraded.has(version) && Math.random() < 0.5;
  const seen = outcomes.get(version) ?? [];
  outcomes.set(version, [...seen, isNonsense ? 1 : 0].slice(-LOOKED_BACK));
  return isNonsense ? NaN : 1 / (1 + Math.exp(-z));
}

const slot = async (alias) => {
  const serves = await serving(alias);
  return serves ? [200, { version: serves.version, auc: serves.auc }] : [503, { error: 'nothing serves here' }];
};

const routes = {
  'GET /staging': () => slot('staging'),
  'GET /champion': () => slot('champion'),
  'POST /champion/predict': async ({ features }) => {
    const serves = await serving('champion');
    if (!serves) return [503, { error: 'nothing serves here' }];
    const probability = predict(serves, features);
    return Number.isNaN(probability)
      ? [500, { version: serves.version }]
      : [200, { version: serves.version, probability }];
  },
  'POST /evaluate': ({ params }) => slot(params.slot),
  'POST /degrade': ({ version }) => {
    degraded.add(version);
    return [200, {}];
  },
  'GET /errors': async () => {
    const { version } = (await serving('champion')) ?? {};
    const seen = outcomes.get(version) ?? [];
    const errors = seen.reduce((sum, it) => sum + it, 0);
    const errorRate = seen.length === 0 ? 0 : Number((errors / seen.length).toFixed(3));
    return [200, { version, predictions: seen.length, errorRate }];
  },
  'POST /owners': ({ params, runId }) => [200, { told: told.push({ who: 'owners', runId, ...params }) }],
  'POST /pager': ({ params, runId }) => [200, { told: told.push({ who: 'pager', runId, ...params }) }],
  'GET /told': () => [200, { told }],
};

async function handle(request, response) {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    const route = routes[`${request.method} ${request.url}`];
    if (!route) return answer(404, { error: 'no such place' });
    return answer(...(await route(request.method === 'POST' ? await json(request) : {})));
  } catch (error) {
    return answer(500, { error: String(error) });
  }
}

createServer((request, response) => void handle(request, response)).listen(Number(PORT), '127.0.0.1');
