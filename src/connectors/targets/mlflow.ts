import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { MlflowTargetSpec } from '../../spec/targets/mlflow.ts';
import { type ApiAnswer, type ApiRequest, authorization, beforeStart, callApi } from '../api.ts';
import { refused, unavailable } from '../outgoing-answer.ts';
import { RESULT_MAX_BYTES } from '../reply.ts';
import type { CallContext, FinishedOutcome, LoadedTarget, StartOutcome, Target, TargetDeps } from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { mlflow: MlflowTargetSpec }>>;

/** A version is a number to people and a text to MLflow. */
const versionSchema = z.union([z.string(), z.number()]).transform(String);
const modelSchema = z.object({
  registered_model: z.object({
    aliases: z.array(z.object({ alias: z.string(), version: versionSchema })).default([]),
  }),
});
const modelVersionSchema = z.object({
  model_version: z.object({
    status: z.string().default('READY'),
    tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
  }),
});
/** What MLflow answers to a change: nothing, and no error. */
const doneSchema = z.object({ error_code: z.never().optional() });
const paramsSchema = z.object({ version: versionSchema.optional() }).catch({});

/** Half of what a result may have: the rest are names. */
const TAGS_MAX_BYTES = RESULT_MAX_BYTES / 2;

type ModelVersion = { readonly status: string; readonly tags: Readonly<Record<string, string>> };
type Found<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly outcome: StartOutcome };

/** The registry of one model, in the calls this target makes. */
type Registry = {
  /** The version an alias points to; undefined where the model has no such alias. */
  pointed(alias: string): Promise<Found<string | undefined>>;
  version(version: string): Promise<Found<ModelVersion>>;
  change(path: string, method: 'POST' | 'DELETE', body: Json): Promise<ApiAnswer<unknown>>;
};

/** On a version: where the alias pointed before it pointed here. A restore reads it. */
function previousTag(alias: string): string {
  return `signalbox.previous.${alias}`;
}

/**
 * Reads and writes the registry of MLflow 3. Every write names the value it wants, so one whose answer was lost is
 * simply repeated; what was so already is left alone. MLflow cannot compare and set: two runs that write one alias at
 * once need a lane.
 */
export function createMlflowTarget(loaded: Loaded, deps: TargetDeps): Target {
  const spec = loaded.spec.mlflow;
  return {
    repeatable: true,
    start: async (request, context) => {
      const registry = openRegistry(loaded, deps, context);
      const { version } = paramsSchema.parse(request.params);
      if ('read' in spec) return read(spec, registry);
      if ('setAlias' in spec) return setAlias(spec, registry, spec.setAlias.version ?? version);
      if ('restoreAlias' in spec) return restoreAlias(spec, registry, spec.restoreAlias.from ?? version);
      return setTag(spec, registry, spec.setTag.version ?? version);
    },
    probe: async (context) => {
      const found = await openRegistry(loaded, deps, context).pointed('');
      if (found.ok) return { kind: 'ready', detail: `MLflow has the model ${spec.model}.` };
      const { outcome } = found;
      return { kind: 'notReady', detail: 'detail' in outcome ? outcome.detail : outcome.kind };
    },
  };
}

function openRegistry({ name, spec }: Loaded, deps: TargetDeps, context: CallContext): Registry {
  const { url, auth, timeout: timeoutMs, model } = spec.mlflow;
  const api = { name, url, timeoutMs, authorize: () => authorization(name, auth, deps.resolveSecret) };
  const call = <T>(path: string, request: Omit<ApiRequest<T>, 'path'>) =>
    callApi(api, { ...request, path: ['api', '2.0', 'mlflow', ...path.split('/')] }, context);
  return {
    pointed: async (alias) => {
      const query = { name: model };
      const found = await call('registered-models/get', { method: 'GET', query, answer: modelSchema });
      if (!found.ok) return { ok: false, outcome: beforeStart(found) };
      const { aliases } = found.body.registered_model;
      return { ok: true, value: aliases.find((it) => it.alias === alias)?.version };
    },
    version: async (version) => {
      const query = { name: model, version };
      const found = await call('model-versions/get', { method: 'GET', query, answer: modelVersionSchema });
      if (!found.ok) return { ok: false, outcome: beforeStart(found) };
      const { status, tags } = found.body.model_version;
      return { ok: true, value: { status, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) } };
    },
    change: (path, method, body) => call(path, { method, body, answer: doneSchema }),
  };
}

function finished(result: Json, detail?: string): FinishedOutcome {
  return { kind: 'finished', status: 'succeeded', result, ...(detail !== undefined && { detail }) };
}

const NO_VERSION = refused('No version is named: neither in the definition nor as the parameter version.');

async function read(spec: Extract<MlflowTargetSpec, { read: object }>, registry: Registry): Promise<StartOutcome> {
  const { model } = spec;
  const { alias } = spec.read;
  const pointed = await registry.pointed(alias);
  if (!pointed.ok) return pointed.outcome;
  const version = pointed.value;
  if (version === undefined) return finished({ model, alias, version: null, tags: {} }, 'The model has no such alias.');
  const found = await registry.version(version);
  if (!found.ok) return found.outcome;
  const { tags } = found.value;
  const previousVersion = tags[previousTag(alias)];
  const result = { model, alias, version, ...(previousVersion !== undefined && { previousVersion }) };
  if (Buffer.byteLength(JSON.stringify(tags)) > TAGS_MAX_BYTES) return finished(result, 'Its tags are too large.');
  return finished({ ...result, tags });
}

async function setAlias(
  spec: Extract<MlflowTargetSpec, { setAlias: object }>,
  registry: Registry,
  version: string | undefined,
): Promise<StartOutcome> {
  const { model } = spec;
  const { alias, from } = spec.setAlias;
  if (version === undefined) return NO_VERSION;
  const pointed = await registry.pointed(alias);
  if (!pointed.ok) return pointed.outcome;
  const found = await registry.version(version);
  if (!found.ok) return found.outcome;
  const { status, tags } = found.value;
  const current = pointed.value;
  if (current === version) {
    const previousVersion = tags[previousTag(alias)] ?? null;
    return finished({ model, alias, version, previousVersion, changed: false }, 'It was so already.');
  }
  if (from !== undefined && current !== from) return pointsElsewhere(alias, current, from);
  if (status === 'PENDING_REGISTRATION') return unavailable(`Version ${version} of ${model} is being registered.`);
  if (status !== 'READY') return refused(`Version ${version} of ${model} cannot be used: it is ${status}.`);
  const remembered = await remember(registry, { model, version, tags }, previousTag(alias), current);
  if (!remembered.ok) return beforeStart(remembered);
  const done = await registry.change('registered-models/alias', 'POST', { name: model, alias, version });
  return done.ok ? finished({ model, alias, version, previousVersion: current ?? null, changed: true }) : done.start;
}

/** Before the alias moves, so that it can always be moved back. */
async function remember(
  registry: Registry,
  { model, version, tags }: { readonly model: string; readonly version: string; readonly tags: ModelVersion['tags'] },
  key: string,
  previous: string | undefined,
): Promise<ApiAnswer<unknown>> {
  const about = { name: model, version, key };
  if (tags[key] === previous) return { ok: true, status: 200, body: null };
  if (previous === undefined) return registry.change('model-versions/delete-tag', 'DELETE', about);
  return registry.change('model-versions/set-tag', 'POST', { ...about, value: previous });
}

async function restoreAlias(
  spec: Extract<MlflowTargetSpec, { restoreAlias: object }>,
  registry: Registry,
  from: string | undefined,
): Promise<StartOutcome> {
  const { model } = spec;
  const { alias } = spec.restoreAlias;
  if (from === undefined) return NO_VERSION;
  const found = await registry.version(from);
  if (!found.ok) return found.outcome;
  const version = found.value.tags[previousTag(alias)];
  if (version === undefined) {
    return refused(
      `Version ${from} of ${model} does not say what ${alias} pointed to before: no setAlias put it there.`,
    );
  }
  const pointed = await registry.pointed(alias);
  if (!pointed.ok) return pointed.outcome;
  const result = { model, alias, version, previousVersion: from };
  if (pointed.value === version) return finished({ ...result, changed: false }, 'It was so already.');
  if (pointed.value !== from) return pointsElsewhere(alias, pointed.value, from);
  const done = await registry.change('registered-models/alias', 'POST', { name: model, alias, version });
  return done.ok ? finished({ ...result, changed: true }) : done.start;
}

async function setTag(
  spec: Extract<MlflowTargetSpec, { setTag: object }>,
  registry: Registry,
  version: string | undefined,
): Promise<StartOutcome> {
  const { model } = spec;
  const { key, value } = spec.setTag;
  if (version === undefined) return NO_VERSION;
  const done = await registry.change('model-versions/set-tag', 'POST', { name: model, version, key, value });
  return done.ok ? finished({ model, version, key, value }) : done.start;
}

function pointsElsewhere(alias: string, current: string | undefined, expected: string): StartOutcome {
  return refused(`${alias} points to ${current ?? 'no version'}, not to ${expected}: nothing was changed.`);
}
