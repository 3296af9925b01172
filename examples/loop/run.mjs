// Runs the loop of a production model, end to end: a real MLflow registry, a small model server, a real training, and
// Signalbox with its Temporal server. Prints what happens as it happens, and ends with a summary.
//
//   npm run example:loop              everything in a folder of its own, removed at the end
//   npm run example:loop -- --keep    leaves everything running until Ctrl-C, to look around in the Temporal UI
//
// It needs python3 once, to install MLflow into the cache. Exit code 1 where the loop did not come to its end.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const MLFLOW = 'mlflow==3.17.2';
const ROOT = join(import.meta.dirname, '../..');
/** Longest wait for a server, and for one run: a busy machine takes its time. */
const READY_MAX_MS = 240_000;
const RUN_MAX_MS = 180_000;

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const startedAt = Date.now();
const children = [];
const happened = [];
const work = mkdtempSync(join(tmpdir(), 'signalbox-loop-'));

const clock = () => `${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s`;
const say = (text) => console.log(`${clock()}  ${text}`);
const title = (text) => console.log(`\n${text}\n${'─'.repeat(text.length)}`);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Python's MLflow, in an environment of its own in the cache. */
function installMlflow() {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'signalbox/integration/mlflow-3.17.2');
  const bin = join(cache, 'bin');
  if (existsSync(join(cache, '.ready'))) return bin;
  say('installing MLflow once (850 MB, a minute or two) …');
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  execFileSync('python3', ['-m', 'venv', cache], { stdio: 'inherit' });
  execFileSync(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', MLFLOW], { stdio: 'inherit' });
  writeFileSync(join(cache, '.ready'), '');
  return bin;
}

/** Starts a program with its log in a file, and waits until `url` answers. */
async function start(name, command, args, env, url) {
  const log = join(work, `${name}.log`);
  const output = openSync(log, 'a');
  const child = spawn(command, args, {
    cwd: work,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
  });
  let ended = false;
  child.once('exit', () => (ended = true));
  children.push(child);
  const until = Date.now() + READY_MAX_MS;
  while (
    !(await fetch(url)
      .then(({ status }) => status < 500)
      .catch(() => false))
  ) {
    if (ended || Date.now() > until)
      throw new Error(`${name} did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
    await delay(250);
  }
  say(`${name} is ready at ${url}`);
}

async function call(url, method = 'GET', body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Everything that runs, and what the story needs of it. */
async function open() {
  const [registryPort, modelPort, port, temporalPort, uiPort] = await Promise.all(Array.from({ length: 5 }, freePort));
  const registry = `http://127.0.0.1:${registryPort}`;
  const models = `http://127.0.0.1:${modelPort}`;
  const service = `http://127.0.0.1:${port}`;
  for (const name of ['loop', 'quickstart']) {
    const filter = (path) => !path.includes('/models');
    cpSync(join(ROOT, 'examples', name), join(work, name), { recursive: true, filter });
  }
  const file = join(work, 'loop/signalbox.yaml');
  const written = readFileSync(file, 'utf8').replaceAll('127.0.0.1:5090', `127.0.0.1:${registryPort}`);
  writeFileSync(file, written.replaceAll('127.0.0.1:5091', `127.0.0.1:${modelPort}`));
  const bin = installMlflow();
  const store = [
    '--backend-store-uri',
    `sqlite:///${work}/mlflow.db`,
    '--artifacts-destination',
    join(work, 'artifacts'),
  ];
  const address = ['--host', '127.0.0.1', '--port', String(registryPort), '--workers', '1'];
  const quiet = { MLFLOW_DISABLE_TELEMETRY: 'true', MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' };
  await start(
    'MLflow',
    join(bin, 'mlflow'),
    ['server', ...store, ...address],
    { ...quiet, PATH: `${bin}:${process.env.PATH}` },
    `${registry}/health`,
  );
  await start(
    'the model server',
    process.execPath,
    [join(work, 'loop/model-server.mjs')],
    { REGISTRY: registry, PORT: String(modelPort) },
    `${models}/told`,
  );
  const settings = {
    SIGNALBOX_CONFIG: join(work, 'loop'),
    SIGNALBOX_STATE: join(work, 'state'),
    SIGNALBOX_PORT: String(port),
    SIGNALBOX_TEMPORAL_PORT: String(temporalPort),
    SIGNALBOX_UI_PORT: String(uiPort),
  };
  await start('Signalbox', process.execPath, [join(ROOT, 'bin/signalbox.mjs'), 'dev'], settings, `${service}/readyz`);
  return { models, service, ui: `http://127.0.0.1:${uiPort}` };
}

/** Sends an event; what is missing of a CloudEvent is filled in. Gives what was decided, where that is waited for. */
async function send(service, event, { waitSeconds } = {}) {
  const whole = { specversion: '1.0', source: '/loop', ...event };
  const wait = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` };
  const headers = { 'content-type': 'application/cloudevents+json', ...wait };
  const { status, body } = await call(`${service}/events`, 'POST', whole, headers);
  if (![200, 202].includes(status)) throw new Error(`the event was refused: ${JSON.stringify(body)}`);
  return body.verdicts ?? [];
}

/** Waits for the run number `count` of a trigger to end; gives it. */
async function runOf(service, trigger, count) {
  const until = Date.now() + RUN_MAX_MS;
  let shown = '';
  while (Date.now() < until) {
    const { body } = await call(`${service}/v1/runs?trigger=${trigger}`);
    const run = body.runs?.[body.runs.length - count];
    if (run && run.status !== shown) {
      shown = run.status;
      say(`  ${trigger}: run ${run.runId.slice(0, 12)}… ${shown}`);
    }
    if (run?.endedAt) {
      const whole = (await call(`${service}/v1/runs/${run.runId}`)).body;
      if (whole.status !== 'succeeded') throw new Error(`${trigger} ${whole.status}: ${whole.reason}`);
      return whole;
    }
    await delay(200);
  }
  throw new Error(`${trigger} started no run ${count} within ${RUN_MAX_MS / 1_000} s`);
}

function note(what, run) {
  happened.push({ what, runId: run.runId, took: (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000 });
}

async function trainAndDeploy({ service, models }, round, days) {
  for (const day of days) {
    const event = JSON.parse(readFileSync(join(work, `quickstart/events/${day}.json`), 'utf8'));
    await send(service, event);
    say(`${event.data.object.key} landed`);
  }
  const trained = await runOf(service, 'train-pump', round);
  const { version, auc } = trained.result;
  say(`trained version ${version}, AUC ${auc}`);
  note(`trained version ${version} on ${days.length} new files, AUC ${auc}`, trained);
  await send(service, { id: `approve-${version}`, type: 'model.approved', data: { model: 'pump', version } });
  say(`version ${version} is approved`);
  const deployed = await runOf(service, 'deploy-pump', round);
  const serves = (await call(`${models}/champion`)).body.version;
  if (serves !== version) throw new Error(`version ${serves} serves, not ${version}`);
  say(`version ${serves} serves`);
  note(`deployed version ${version}: staged, tried, promoted, verified`, deployed);
  return { version, deployment: deployed.runId };
}

/** What serves goes wrong; an alert says so; the version before serves again. */
async function rollBack({ service, models }, version, before) {
  await call(`${models}/degrade`, 'POST', { version });
  const features = [3.2, 60, 5.1, 1_480];
  for (let sent = 0; sent < 60; sent += 1) await call(`${models}/champion/predict`, 'POST', { features });
  const { errorRate } = (await call(`${models}/errors`)).body;
  say(`version ${version} answers nonsense: error rate ${errorRate.toFixed(2)}`);
  const time = new Date().toISOString();
  await send(service, { id: 'alert-1', type: 'metric.degraded', time, data: { model: 'pump', version, errorRate } });
  const alertedAt = Date.now();
  while ((await call(`${models}/champion`)).body.version !== before) {
    if (Date.now() - alertedAt > RUN_MAX_MS) throw new Error('nothing was rolled back');
    await delay(20);
  }
  const switchedMs = Date.now() - alertedAt;
  say(`version ${before} serves again, ${switchedMs} ms after the alert`);
  const run = await runOf(service, 'rollback-pump', 1);
  const { told } = (await call(`${models}/told`)).body;
  for (const { who, text, summary } of told) say(`  ${who} were told: ${text ?? summary}`);
  if (told.length !== 2) throw new Error(`${told.length} were told, not two`);
  note(`rolled version ${version} back to ${before}, ${switchedMs} ms after the alert`, run);
}

async function story(parts) {
  title('Data lands, a model is trained, its approval deploys it');
  const first = await trainAndDeploy(parts, 1, ['2026-09-01', '2026-09-02', '2026-09-03']);
  title('One more day of data');
  execFileSync(process.execPath, ['make-data.mjs', '2026-09-04'], { cwd: join(work, 'quickstart') });
  const second = await trainAndDeploy(parts, 2, ['2026-09-04']);
  title('What serves gets worse');
  await rollBack(parts, second.version, first.version);
  title('Somebody approves it once more');
  const { version, deployment } = second;
  const again = { id: 'again', type: 'model.approved', data: { model: 'pump', version } };
  const [verdict] = await send(parts.service, again, { waitSeconds: 60 });
  if (verdict?.runId !== deployment) throw new Error(`a version is deployed twice: ${JSON.stringify(verdict)}`);
  say(`version ${version} was deployed once and is not again`);
}

function close() {
  for (const child of children) {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
}

async function end() {
  close();
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  await Promise.all(running.map((child) => once(child, 'exit')));
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end().then(() => process.exit(130)));
try {
  title('Starting');
  const parts = await open();
  await story(parts);
  title('What happened');
  for (const { what, runId, took } of happened) console.log(`  ✓ ${what}\n      ${runId}, ${took.toFixed(1)} s`);
  console.log(`\n  The loop ran by itself in ${clock().trim()}: 5 runs, nobody started one by hand.`);
  if (options.keep) {
    console.log(`\n  Look around: ${parts.ui} (Temporal UI), ${parts.service}/v1/runs. Ctrl-C ends it.`);
    await new Promise(() => undefined);
  }
} catch (error) {
  console.error(`\n${clock()}  ${error instanceof Error ? error.message : String(error)}`);
  console.error(`  The logs: ${work}`);
  process.exitCode = 1;
}
if (process.exitCode === 1) close();
else await end();
