import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { ArgoTargetSpec } from '../../spec/targets/argo.ts';
import { callApi, unusable } from '../api.ts';
import { clusterAuthorization, metadataOf, objectMetadata, objectTarget } from '../cluster.ts';
import { asTexts, isNamed } from '../named-values.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS } from '../outgoing-answer.ts';
import { excerpt, RESULT_MAX_BYTES } from '../reply.ts';
import type {
  FinishedOutcome,
  LoadedTarget,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { argo: ArgoTargetSpec }>>;

const parameterSchema = z.object({ name: z.string(), value: z.string().nullish() });
const workflowSchema = z.object({
  metadata: objectMetadata,
  spec: z.object({ shutdown: z.string().nullish() }).nullish(),
  status: z
    .object({
      phase: z.string().nullish(),
      message: z.string().nullish(),
      progress: z.string().nullish(),
      outputs: z.object({ parameters: z.array(parameterSchema).nullish() }).nullish(),
    })
    .nullish(),
});
const templateSchema = z.object({ metadata: z.object({ name: z.string() }) });

type Workflow = z.output<typeof workflowSchema>;

/** All that is read of a workflow: with its nodes one may have megabytes. */
const FIELDS = [
  'metadata.name',
  'metadata.uid',
  'metadata.annotations',
  'spec.shutdown',
  'status.phase',
  'status.message',
  'status.progress',
  'status.outputs.parameters',
].join(',');

/** The phases that end a workflow; every other one goes on. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Error: 'failed',
};

const HINTS = { 400: 'Do template and parameters fit each other?' };

/** Runs an Argo workflow of a template. The token is its name. */
export function createArgoTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { url, namespace, template, clusterScope, timeout: timeoutMs } = spec.argo;
  const api = { name, url, timeoutMs, authorize: () => clusterAuthorization(name, spec.argo, deps.resolveSecret) };
  const path = ['api', 'v1', 'workflows', namespace];
  const answer = workflowSchema;
  return {
    ...objectTarget({
      target: name,
      noun: 'workflow',
      create: async (request, context) => {
        const workflow = workflowOf(spec.argo, request);
        return workflow === undefined
          ? unusable(refused(`Target ${name}: its parameters are not a map of names to values.`))
          : callApi(api, { method: 'POST', path, body: { workflow }, answer, hints: HINTS }, context);
      },
      look: (workflow, context) =>
        callApi(api, { method: 'GET', path: [...path, workflow], query: { fields: FIELDS }, answer }, context),
      stop: (workflow, context) => {
        const body = { name: workflow.name, namespace };
        return callApi(api, { method: 'PUT', path: [...path, workflow.name, 'stop'], body, answer }, context);
      },
      started: (handle) => started(spec.argo, handle),
      endOf,
    }),
    probe: async (context) => {
      const at = clusterScope ? ['cluster-workflow-templates'] : ['workflow-templates', namespace];
      const found = await callApi(
        api,
        { method: 'GET', path: ['api', 'v1', ...at, template], answer: templateSchema },
        context,
      );
      return found.ok
        ? { kind: 'ready', detail: `Argo has the template ${template}.` }
        : { kind: 'notReady', detail: found.detail };
    },
  };
}

/** Undefined where the parameters have no names. */
function workflowOf(
  { namespace, template, clusterScope, parameters, serviceAccount }: ArgoTargetSpec,
  request: StartRequest,
): Json | undefined {
  const values = parameters ?? request.params;
  if (!isNamed(values)) return undefined;
  return {
    metadata: { ...metadataOf(request), namespace },
    spec: {
      workflowTemplateRef: { name: template, ...(clusterScope && { clusterScope }) },
      arguments: { parameters: asTexts(values).map(([name, value]) => ({ name, value })) },
      ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    },
  };
}

function started(
  { url, namespace, every }: ArgoTargetSpec,
  handle: { readonly name: string; readonly uid: string },
): StartOutcome {
  const place = [namespace, handle.name].map((it) => encodeURIComponent(it)).join('/');
  const link = `${url.replace(/\/+$/, '')}/workflows/${place}`;
  return { kind: 'started', handle, result: handle, everyMs: every, link };
}

function endOf({ metadata: { name, uid }, spec, status }: Workflow): WatchOutcome {
  const phase = status?.phase ? status.phase : 'Pending';
  const said = [phase, status?.progress, status?.message].filter((part) => part).join(': ');
  const shown = excerpt(said, REPLY_EXCERPT_MAX_CHARS);
  const end = ENDS[phase];
  if (end === undefined) return { kind: 'running', detail: shown };
  const outputs = (status?.outputs?.parameters ?? []).map((one) => [one.name, one.value ?? '']);
  const result = { name, uid, phase };
  const whole = { ...result, outputs: Object.fromEntries(outputs) };
  const fits = Buffer.byteLength(JSON.stringify(whole)) <= RESULT_MAX_BYTES;
  return {
    kind: 'finished',
    status: end === 'failed' && spec?.shutdown ? 'cancelled' : end,
    result: fits ? whole : result,
    detail: fits ? shown : `${shown}. Without its outputs: they are over ${RESULT_MAX_BYTES / 1_024} KB.`,
  };
}
