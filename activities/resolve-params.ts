import { PARAMS_MAX_BYTES } from '../src/contract/limits.ts';
import type { ResolvedParams, RunInput } from '../src/contract/messages.ts';
import { itemsOf, manifestOf } from '../src/contract/run-items.ts';
import type { RunRequest } from '../src/core/fact.ts';
import { compileExpression } from '../src/match/expression.ts';
import { isObject } from '../src/match/json.ts';
import { compileTemplate } from '../src/match/template.ts';
import type { Json, JsonObject } from '../src/spec/json.ts';

/** What `params` and the strings of a Target see. */
export const RUN_VARIABLES = ['key', 'trigger', 'run', 'event', 'parts', 'items'] as const;

const LANE_VARIABLES = ['event', 'key', 'trigger'] as const;
/** The name of a lane is part of a workflow id and stands in timer labels. */
const LANE_MAX_BYTES = 200;

/** How a result that passes the engine's own cap is told from an expression that fails. */
const TOO_LARGE = 'the result is larger than';

/** The `run` of expressions. */
function runVariable(run: { runId: string; firedAt: number; cause: string }, eventCount: number): JsonObject {
  return { id: run.runId, firedAt: new Date(run.firedAt).toISOString(), cause: run.cause, eventCount };
}

/** What expressions of a run see, `items` as given. `parts` is always there, so that `has(parts.x)` can be asked. */
export function runVariables({ trigger, run, eventCount, items }: RunContext): {
  readonly [name: string]: Json | undefined;
} {
  return {
    key: run.key,
    trigger: { name: trigger, generation: run.generation },
    run: runVariable(run, eventCount),
    event: run.last.event,
    parts: Object.fromEntries(run.last.parts ?? []),
    items,
  };
}

/** A run as the expressions of its targets see it. */
export type RunContext = {
  readonly trigger: string;
  readonly run: Pick<RunRequest, 'runId' | 'key' | 'generation' | 'cause' | 'firedAt' | 'last'>;
  readonly eventCount: number;
  readonly items: Json;
};

/**
 * Evaluates the parameters of a run. Where they would pass the cap, `items` becomes a manifest that says where the run's
 * events are listed; still too large is a mapping error. Members that a person gave replace those of the definition
 * before anything is evaluated. `approval.when` sees what the parameters saw.
 */
export async function resolveParams(input: RunInput): Promise<ResolvedParams> {
  return resolveRun(input);
}

/** The same at once, for runs in virtual time. */
export function resolveRun({ trigger, run }: RunInput): ResolvedParams {
  const { params: given = {} } = run;
  const defined = Object.entries(run.settings.params).filter(([name]) => !Object.hasOwn(given, name));
  const compiled = compileTemplate(Object.fromEntries(defined), RUN_VARIABLES);
  if (!compiled.ok) {
    const [violation] = compiled.violations;
    return failed(placeOf(run, violation?.pointer ?? ''), violation?.message ?? 'cannot be compiled');
  }
  for (const items of [itemsOf(run.items), manifestOf(run)]) {
    const variables = runVariables({ trigger, run, eventCount: run.items.length, items });
    const resolved = compiled.template.resolve(variables);
    if (!resolved.ok && !resolved.message.startsWith(TOO_LARGE)) {
      return failed(placeOf(run, resolved.pointer), `${resolved.expression}: ${resolved.message}`);
    }
    const params = resolved.ok && isObject(resolved.value) ? { ...resolved.value, ...given } : undefined;
    if (params && Buffer.byteLength(JSON.stringify(params)) <= PARAMS_MAX_BYTES) {
      const version = versionOf(run.settings.plan, variables);
      if (!version.ok) return version;
      const ready = { ...withApproval(params, run.settings.approval?.when, variables), ...version.known };
      return run.settings.lane === undefined ? ready : withLane(ready, run.settings.lane, variables);
    }
  }
  return failed(placeOf(run, ''), `larger than ${PARAMS_MAX_BYTES} bytes, with a manifest in place of the items too`);
}

/** Where parameters are written. Those of a fan-out are what it goes over. */
function placeOf({ settings }: RunRequest, pointer: string): string {
  if (settings.kind !== 'fanOut') return `/run/params${pointer}`;
  return pointer === '' ? '/run/over' : `/run${pointer}`;
}

/** The version of a deployment: text or a number. */
function versionOf(
  plan: RunRequest['settings']['plan'],
  variables: { readonly [name: string]: Json | undefined },
): Failed | { readonly ok: true; readonly known: { readonly version?: string } } {
  if (plan?.kind !== 'deploy') return { ok: true, known: {} };
  const compiled = compileTemplate(plan.version, RUN_VARIABLES);
  const resolved = compiled.ok ? compiled.template.resolve(variables) : undefined;
  if (!resolved?.ok) {
    return failed('/run/version', resolved ? `${resolved.expression}: ${resolved.message}` : 'cannot be compiled');
  }
  const { value } = resolved;
  const version = typeof value === 'number' ? String(value) : value;
  if (typeof version === 'string' && version !== '') return { ok: true, known: { version } };
  return failed('/run/version', `${plan.version} gave ${JSON.stringify(value).slice(0, 100)}, which names no version`);
}

function withApproval(
  params: Json,
  when: string | undefined,
  variables: { readonly [name: string]: Json | undefined },
): ResolvedParams {
  if (when === undefined) return { ok: true, params };
  const compiled = compileExpression(when, RUN_VARIABLES);
  const evaluated = compiled.ok ? compiled.expression.evaluate(variables) : compiled;
  if (evaluated.ok && typeof evaluated.value === 'boolean') return { ok: true, params, needsApproval: evaluated.value };
  const why = evaluated.ok ? `it gave ${JSON.stringify(evaluated.value).slice(0, 100)}` : evaluated.message;
  return { ok: false, code: 'filter_error', pointer: '/approval/when', detail: `${when}: ${why}` };
}

/** A lane goes by what an event's key goes by, so it sees no more than that. */
function withLane(
  ready: ResolvedParams,
  lane: string,
  { event, key, trigger }: { readonly [name: string]: Json | undefined },
): ResolvedParams {
  if (!ready.ok) return ready;
  const compiled = compileTemplate(lane, LANE_VARIABLES);
  if (!compiled.ok) return failed('/run/lane', compiled.violations.map(({ message }) => message).join('; '));
  const resolved = compiled.template.resolve({ event, key, trigger });
  if (!resolved.ok) return failed('/run/lane', `${resolved.expression}: ${resolved.message}`);
  if (typeof resolved.value === 'object') return failed('/run/lane', 'a lane is text, a number or a boolean');
  const name = String(resolved.value);
  const bytes = Buffer.byteLength(name);
  if (bytes >= 1 && bytes <= LANE_MAX_BYTES) return { ...ready, lane: name };
  return failed('/run/lane', `a lane has 1 to ${LANE_MAX_BYTES} bytes, this one ${bytes}`);
}

type Failed = Extract<ResolvedParams, { ok: false }>;

function failed(pointer: string, detail: string): Failed {
  return { ok: false, code: 'mapping_error', pointer, detail };
}
