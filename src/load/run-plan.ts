import type {
  ApprovalSettings,
  CheckSettings,
  DeployPlan,
  EmissionSettings,
  FanOutPlan,
  RollbackPlan,
  RunSettings,
} from '../spec/definition.ts';
import { EMISSION_NAMES } from '../spec/emit.ts';
import type { RunSpec } from '../spec/run.ts';
import type { TriggerSpec } from '../spec/trigger.ts';

type Deploy = Extract<RunSpec, { kind: 'deploy' }>;
type Rollback = Extract<RunSpec, { kind: 'rollback' }>;
type FanOut = Extract<RunSpec, { kind: 'fanOut' }>;

/** How runs of a trigger go, as its instance hands it to them. */
export function runOf(spec: TriggerSpec): RunSettings {
  const { run, approval, emit } = spec;
  return {
    ...kindOf(spec),
    retry: { delaysMs: run.retry.delays },
    timeoutMs: run.timeout,
    ...(approval && { approval: approvalOf(approval) }),
    ...(run.guard && { guard: run.guard }),
    ...(run.lane !== undefined && { lane: run.lane }),
    // Each branch of a fan-out takes a place; the fan-out itself calls nothing meanwhile.
    ...(run.pool !== undefined && run.kind !== 'fanOut' && { pool: run.pool }),
    ...(emit && { emit: emissionsOf(emit) }),
  };
}

function emissionsOf(emit: NonNullable<TriggerSpec['emit']>): EmissionSettings[] {
  return EMISSION_NAMES.flatMap((name) => {
    const written = emit[name];
    if (!written) return [];
    const { type, subject, data, to } = written;
    const more = { ...(subject !== undefined && { subject }), ...(data !== undefined && { data }) };
    return [{ name, type, ...more, ...(to !== undefined && { to }) }];
  });
}

function kindOf({ run, freshness }: TriggerSpec): Pick<RunSettings, 'kind' | 'target' | 'params' | 'plan'> {
  switch (run.kind) {
    case 'train':
      return { kind: 'train', target: run.target, params: run.params };
    case 'deploy': {
      const { target, params } = run.promote;
      return { kind: 'deploy', target, params: {}, plan: deployPlan(run, { target, params }) };
    }
    case 'rollback':
      return { kind: 'rollback', target: run.route.target, params: {}, plan: rollbackPlan(run, freshness?.maxAge) };
    case 'fanOut':
      return { kind: 'fanOut', target: run.branch.target, params: { over: run.over }, plan: fanOutPlan(run) };
  }
}

function deployPlan(
  { version, stage, smoke, promote, verify, revert }: Deploy,
  call: DeployPlan['promote'],
): DeployPlan {
  return {
    kind: 'deploy',
    version,
    ...(stage && { stage }),
    smoke: smoke.map(checkOf),
    promote: call,
    weights: (promote.steps ?? []).map(({ weight, bake, expect }) => ({
      weight,
      bakeMs: bake,
      ...(expect !== undefined && { expect }),
    })),
    ...(promote.check && { check: promote.check }),
    ...(promote.approval && { approval: approvalOf(promote.approval) }),
    verify: verify.map(checkOf),
    revert: (Array.isArray(revert) ? revert : revert === undefined ? [] : [revert]).map(({ target, params, of }) => ({
      target,
      params,
      ...(of !== undefined && { of }),
    })),
  };
}

function rollbackPlan({ route, notify, incident }: Rollback, maxAgeMs: number | undefined): RollbackPlan {
  return {
    kind: 'rollback',
    route,
    notify,
    ...(incident && { incident }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
  };
}

function fanOutPlan({ branch, parallel, quorum, within, afterQuorum = 'cancelRest', then, pool }: FanOut): FanOutPlan {
  return {
    kind: 'fanOut',
    branch,
    parallel,
    ...(quorum !== undefined && { quorum }),
    ...(within !== undefined && { withinMs: within }),
    afterQuorum,
    ...(then && { after: then }),
    ...(pool !== undefined && { pool }),
  };
}

function checkOf(check: Deploy['smoke'][number]): CheckSettings {
  const tries = { attempts: check.attempts, everyMs: check.every, timeoutMs: check.timeout };
  if ('http' in check) return { ...tries, kind: 'http', ...check.http };
  const { target, params, expect } = check;
  return { ...tries, kind: 'target', call: { target, params }, expect };
}

function approvalOf({ when, timeout, onTimeout, notify }: NonNullable<TriggerSpec['approval']>): ApprovalSettings {
  return { ...(when !== undefined && { when }), timeoutMs: timeout, onTimeout, notify };
}
