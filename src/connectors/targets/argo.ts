import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { ArgoTargetSpec } from '../../spec/targets/argo.ts';
import { callApi, notCancelled, unseen } from '../api.ts';
import { clusterAuthorization, isOfCall, metadataOf, objectHandle, objectMetadata } from '../cluster.ts';
import { asTexts, isNamed } from '../named-values.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS } from '../outgoing-answer.ts';
import { excerpt, RESULT_MAX_BYTES } from '../reply.ts';
import type {
  CallContext,
  FinishedOutcome,
  LoadedTarget,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';
import { nameOfToken } from '../token-name.ts';

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

/**
 * Runs an Argo workflow of a template. The token is its name, so a second start of it is answered 409, and what has the
 * name is looked at: for as long as the workflow is there.
 */
export function createArgoTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { url, namespace, template, clusterScope, timeout: timeoutMs } = spec.argo;
  const api = { name, url, timeoutMs, authorize: () => clusterAuthorization(name, spec.argo, deps.resolveSecret) };
  const path = ['api', 'v1', 'workflows', namespace];
  const look = (workflow: string, context: CallContext) =>
    callApi(
      api,
      { method: 'GET', path: [...path, workflow], query: { fields: FIELDS }, answer: workflowSchema },
      context,
    );
  return {
    repeatable: true,
    start: async (request, context) => {
      const workflow = workflowOf(spec.argo, request);
      if (workflow === undefined) return refused(`Target ${name}: its parameters are not a map of names to values.`);
      const body = { workflow };
      const made = await callApi(api, { method: 'POST', path, body, answer: workflowSchema, hints: HINTS }, context);
      if (made.ok) return started(spec.argo, made.body);
      if (made.status !== 409) return made.start;
      const there = await look(nameOfToken(request), context);
      // Gone between the two questions: the next attempt has the name.
      if (!there.ok) return { kind: 'unknown', detail: there.detail };
      if (isOfCall(there.body.metadata, request)) return started(spec.argo, there.body);
      return refused(`Target ${name}: another workflow has the name ${there.body.metadata.name}.`);
    },
    watch: async (handle, _request, context) => {
      const known = objectHandle.safeParse(handle);
      if (!known.success) return { kind: 'gone', detail: 'What identifies the workflow is lost.' };
      const seen = await look(known.data.name, context);
      if (!seen.ok) return unseen(seen);
      return seen.body.metadata.uid === known.data.uid
        ? endOf(seen.body)
        : { kind: 'gone', detail: `Another workflow has the name ${known.data.name} by now.` };
    },
    cancel: async (handle, _request, context) => {
      const known = objectHandle.safeParse(handle);
      if (!known.success) return { kind: 'failed', detail: 'What identifies the workflow is lost.' };
      const seen = await look(known.data.name, context);
      if (!seen.ok) return notCancelled(seen);
      const phase = seen.body.status?.phase ?? '';
      if (seen.body.metadata.uid !== known.data.uid || ENDS[phase] !== undefined) {
        return { kind: 'over', detail: `It has ended: ${phase}.` };
      }
      const body = { name: known.data.name, namespace };
      const asked = await callApi(
        api,
        { method: 'PUT', path: [...path, known.data.name, 'stop'], body, answer: workflowSchema },
        context,
      );
      return asked.ok ? { kind: 'cancelled' } : notCancelled(asked);
    },
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

function started({ url, namespace, every }: ArgoTargetSpec, { metadata }: Workflow): StartOutcome {
  const { name, uid } = metadata;
  const link = `${url.replace(/\/+$/, '')}/workflows/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  return { kind: 'started', handle: { name, uid }, result: { name, uid }, everyMs: every, link };
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
