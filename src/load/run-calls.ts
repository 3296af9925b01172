import type { Json } from '../spec/json.ts';
import { EMISSION_NAMES } from '../spec/emit.ts';
import type { RunSpec } from '../spec/run.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import type { Path } from './finding.ts';

/** One call that a run may make: where it is written, what is filled in for it, and what conditions look at its answer. */
export type RunCall = {
  readonly path: Path;
  /** Absent where an address is asked in place of a target. */
  readonly target?: string;
  /** Where it names the target, if not in `target`. */
  readonly namedAt?: Path;
  readonly templates: readonly { readonly json: Json; readonly path: Path }[];
  readonly conditions: readonly { readonly source: string; readonly path: Path; readonly sees: readonly string[] }[];
  /** What its templates see besides what params of the run see. */
  readonly sees: readonly string[];
};

type Written = { readonly target: string; readonly params: { readonly [name: string]: Json } };

function callOf({ target, params }: Written, path: Path, sees: readonly string[] = []): RunCall {
  return { path, target, sees, templates: [{ json: params, path: [...path, 'params'] }], conditions: [] };
}

/** Every call of a trigger's runs, in the order they are written. */
export function runCalls({ run, approval, emit }: TriggerSpec): RunCall[] {
  const path: Path = ['spec', 'run'];
  const asked = approval?.notify ?? [];
  return [
    ...callsOfKind(run, path),
    ...(run.guard ? [guarded(run.guard, [...path, 'guard'])] : []),
    ...asked.map((it, index) => callOf(it, ['spec', 'approval', 'notify', index])),
    ...(emit ? emissions(emit, run.kind) : []),
  ];
}

function emissions(emit: NonNullable<TriggerSpec['emit']>, kind: RunSpec['kind']): RunCall[] {
  return EMISSION_NAMES.flatMap((name) => {
    const written = emit[name];
    if (!written) return [];
    const { type, subject, data, to } = written;
    const path: Path = ['spec', 'emit', name];
    const json = { type, ...(subject !== undefined && { subject }), ...(data !== undefined && { data }) };
    const sees = ['status', 'detail', 'result', ...(kind === 'deploy' ? ['version'] : [])];
    const sent = to !== undefined && { target: to, namedAt: [...path, 'to'] };
    return [{ path, ...sent, templates: [{ json, path }], conditions: [], sees }];
  });
}

function guarded(guard: NonNullable<RunSpec['guard']>, path: Path): RunCall {
  const condition = { source: guard.expect, path: [...path, 'expect'], sees: ['result'] };
  return { ...callOf(guard, path), conditions: [condition] };
}

function callsOfKind(run: RunSpec, path: Path): RunCall[] {
  switch (run.kind) {
    case 'train':
      return [callOf(run, path)];
    case 'deploy':
      return deployCalls(run, path);
    case 'rollback':
      return [
        callOf(run.route, [...path, 'route']),
        ...run.notify.map((it, index) => callOf(it, [...path, 'notify', index], ['outcome'])),
        ...(run.incident ? [callOf(run.incident, [...path, 'incident'], ['outcome'])] : []),
      ];
    case 'fanOut':
      return [
        { path, sees: [], templates: [{ json: { over: run.over }, path }], conditions: [] },
        callOf(run.branch, [...path, 'branch'], ['item']),
        ...(run.then ? [callOf(run.then, [...path, 'then'], ['result'])] : []),
      ];
  }
}

type Deploy = Extract<RunSpec, { kind: 'deploy' }>;

function deployCalls({ stage, smoke, promote, verify, revert }: Deploy, path: Path): RunCall[] {
  const at = [...path, 'promote'];
  const weighted = promote.steps ? ['version', 'weight'] : ['version'];
  const expected = (promote.steps ?? []).flatMap(({ expect }, index) =>
    expect === undefined
      ? []
      : [{ source: expect, path: [...at, 'steps', index, 'expect'], sees: ['result', ...weighted] }],
  );
  const reverts = revert === undefined ? [] : Array.isArray(revert) ? revert : [revert];
  const revertAt = (index: number): Path => (Array.isArray(revert) ? [...path, 'revert', index] : [...path, 'revert']);
  const notified = promote.approval?.notify ?? [];
  return [
    ...(stage ? [callOf(stage, [...path, 'stage'], ['version'])] : []),
    ...smoke.map((it, index) => checkOf(it, [...path, 'smoke', index])),
    { ...callOf(promote, at, weighted), conditions: promote.check ? [] : expected },
    ...(promote.check ? [{ ...callOf(promote.check, [...at, 'check'], weighted), conditions: expected }] : []),
    ...notified.map((it, index) => callOf(it, [...at, 'approval', 'notify', index])),
    ...verify.map((it, index) => checkOf(it, [...path, 'verify', index])),
    ...reverts.map((it, index) => callOf(it, revertAt(index), ['version', 'failed', 'done'])),
  ];
}

function checkOf(check: Deploy['smoke'][number], path: Path): RunCall {
  if ('target' in check) {
    const condition = { source: check.expect, path: [...path, 'expect'], sees: ['result', 'version'] };
    return { ...callOf(check, path, ['version']), conditions: [condition] };
  }
  const { url, headers, expect } = check.http;
  const at: Path = [...path, 'http'];
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [{ json: value, path: [...at, 'headers', name] }] : [],
  );
  return {
    path: at,
    sees: ['version'],
    templates: [{ json: url, path: [...at, 'url'] }, ...texts],
    conditions: [{ source: expect, path: [...at, 'expect'], sees: ['status', 'body', 'version'] }],
  };
}
