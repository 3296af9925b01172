// Trains a model that tells from a pump's sensors whether it fails within a day: logistic regression, plain Node.
//
//   echo '{"runId":"by-hand","params":{"files":["data/2026-09-01.csv"]}}' | node train.mjs [--models DIR]
//
// Standard input: a run as JSON; params.files are CSV files in the data folder beside this program.
// Standard error: progress. Standard output: one line of JSON, the result of the run.
// Writes models/<runId>/model.json and metrics.json. The same run on the same files writes the same bytes again, so
// starting it twice does no harm. Exit code 1 and one sentence when it cannot train.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const HERE = import.meta.dirname;
const FEATURES = ['vibration_mm_s', 'temperature_c', 'pressure_bar', 'rpm'];
const LABEL = 'failed_within_24h';
const EPOCHS = 400;
const LEARNING_RATE = 0.5;
/** Share of the rows that the model never sees while it learns, and is judged on. */
const HELD_OUT = 0.25;

/** Something is wrong with the run or its files, not with this program. */
class CannotTrain extends Error {}

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const sum = (numbers) => numbers.reduce((total, it) => total + it, 0);
const mean = (numbers) => sum(numbers) / numbers.length;
const rounded = (number) => Number(number.toFixed(4));

function readRun(input) {
  let run;
  try {
    run = JSON.parse(input);
  } catch {
    throw new CannotTrain('Standard input is not JSON: expected a run, {"runId": …, "params": {"files": […]}}.');
  }
  const files = run?.params?.files;
  // The run id becomes a folder name.
  if (typeof run?.runId !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(run.runId)) {
    throw new CannotTrain('runId must be 1 to 128 letters, digits, - and _.');
  }
  if (!Array.isArray(files) || files.length === 0 || !files.every((it) => typeof it === 'string')) {
    throw new CannotTrain('params.files must be a list of CSV files, such as ["data/2026-09-01.csv"].');
  }
  // A file that was uploaded twice within one window is named twice.
  return { runId: run.runId, files: [...new Set(files)].sort() };
}

function readRows(file) {
  const path = resolve(HERE, file);
  // File names come from events, so from outside: nothing but the data folder is opened.
  if (!path.startsWith(join(HERE, 'data') + sep)) throw new CannotTrain(`${file} is outside the data folder.`);
  let csv;
  try {
    csv = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CannotTrain(`${file} cannot be read (${error.code}).`);
  }
  const [header = '', ...lines] = csv.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  const columns = [...FEATURES, LABEL].map((name) => names.indexOf(name));
  if (columns.includes(-1)) throw new CannotTrain(`${file} lacks a column: it needs ${FEATURES.join(', ')}, ${LABEL}.`);
  return lines.map((line, index) => {
    const cells = line.split(',');
    const numbers = columns.map((column) => (cells[column]?.trim() ? Number(cells[column]) : NaN));
    if (!numbers.every(Number.isFinite)) throw new CannotTrain(`${file}:${index + 2} holds something not a number.`);
    return { id: `${file}:${index + 2}`, x: numbers.slice(0, -1), y: numbers.at(-1) === 0 ? 0 : 1 };
  });
}

/** The run id is the seed: another run judges on other rows, the same run again on the same. */
function split(rows, runId) {
  const isHeldOut = ({ id }) =>
    createHash('sha256').update(`${runId} ${id}`).digest().readUInt32BE(0) < HELD_OUT * 2 ** 32;
  const parts = { train: rows.filter((row) => !isHeldOut(row)), test: rows.filter(isHeldOut) };
  for (const part of Object.values(parts)) {
    if (new Set(part.map((row) => row.y)).size < 2) {
      throw new CannotTrain(
        `${rows.length} rows are too few: learning and judging both need pumps that failed and not.`,
      );
    }
  }
  return parts;
}

/** Mean and deviation of each feature, so that millimetres and revolutions weigh the same. */
function scalesOf(rows) {
  return FEATURES.map((_, feature) => {
    const values = rows.map((row) => row.x[feature]);
    const centre = mean(values);
    return { mean: centre, deviation: Math.sqrt(mean(values.map((it) => (it - centre) ** 2))) || 1 };
  });
}

function probability({ scales, weights, bias }, x) {
  return sigmoid(bias + sum(weights.map((weight, f) => (weight * (x[f] - scales[f].mean)) / scales[f].deviation)));
}

function logLoss(model, rows) {
  const least = 1e-12;
  return -mean(
    rows.map(({ x, y }) => {
      const p = probability(model, x);
      return Math.log(Math.max(least, y === 1 ? p : 1 - p));
    }),
  );
}

/** Gradient descent over all rows at once. */
function fit(rows) {
  const scales = scalesOf(rows);
  const model = { scales, weights: FEATURES.map(() => 0), bias: 0 };
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const errors = rows.map(({ x, y }) => probability(model, x) - y);
    model.weights = model.weights.map((weight, f) => {
      const slopes = rows.map(({ x }, row) => (errors[row] * (x[f] - scales[f].mean)) / scales[f].deviation);
      return weight - LEARNING_RATE * mean(slopes);
    });
    model.bias -= LEARNING_RATE * mean(errors);
    if (epoch === 1 || epoch % 100 === 0) {
      console.error(`epoch ${String(epoch).padStart(3)}  log loss ${logLoss(model, rows).toFixed(4)}`);
    }
  }
  return model;
}

/** How often a pump that failed gets a higher probability than one that did not; a tie counts half. */
function areaUnderCurve(model, rows) {
  const scores = (label) => rows.filter((row) => row.y === label).map((row) => probability(model, row.x));
  const [failed, healthy] = [scores(1), scores(0)];
  return mean(failed.flatMap((p) => healthy.map((q) => (p > q ? 1 : p === q ? 0.5 : 0))));
}

function train({ runId, files }, modelsFolder) {
  const rows = files.flatMap(readRows);
  const { train: seen, test: unseen } = split(rows, runId);
  console.error(
    `read ${rows.length} rows of ${files.length} files: ${seen.length} to learn from, ${unseen.length} held out`,
  );
  const model = fit(seen);
  const metrics = {
    accuracy: rounded(mean(unseen.map(({ x, y }) => (probability(model, x) > 0.5 === (y === 1) ? 1 : 0)))),
    auc: rounded(areaUnderCurve(model, unseen)),
    logLoss: rounded(logLoss(model, unseen)),
    rows: rows.length,
    rowsHeldOut: unseen.length,
    failuresHeldOut: sum(unseen.map((row) => row.y)),
    files,
    features: FEATURES,
  };
  const folder = join(modelsFolder, runId);
  mkdirSync(folder, { recursive: true });
  const write = (name, content) => writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  write('model.json', { kind: 'logistic-regression', label: LABEL, features: FEATURES, ...model });
  write('metrics.json', metrics);
  console.error(`held out: AUC ${metrics.auc}, accuracy ${metrics.accuracy}, log loss ${metrics.logLoss}`);
  const { accuracy, auc } = metrics;
  return { model: relative(HERE, join(folder, 'model.json')), rows: rows.length, accuracy, auc };
}

const { values: options } = parseArgs({ options: { models: { type: 'string', default: 'models' } } });
try {
  console.log(JSON.stringify(train(readRun(await text(process.stdin)), resolve(HERE, options.models))));
} catch (error) {
  if (!(error instanceof CannotTrain)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
