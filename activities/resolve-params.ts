import { PARAMS_MAX_BYTES } from '../src/contract/limits.ts';
import type { ResolvedParams, RunInput } from '../src/contract/messages.ts';
import { itemsOf, manifestOf } from '../src/contract/run-items.ts';
import { compileTemplate } from '../src/match/template.ts';
import type { JsonObject } from '../src/spec/json.ts';

/** What `params` and the strings of a Target see. */
export const RUN_VARIABLES = ['key', 'trigger', 'run', 'event', 'items'] as const;

/** How a result that passes the engine's own cap is told from an expression that fails. */
const TOO_LARGE = 'the result is larger than';

/** The `run` of expressions. */
export function runVariable(run: { runId: string; firedAt: number; cause: string }, eventCount: number): JsonObject {
  return { id: run.runId, firedAt: new Date(run.firedAt).toISOString(), cause: run.cause, eventCount };
}

/**
 * Evaluates the parameters of a run. Where they would pass the cap, `items` becomes a manifest that says where the run's
 * events are listed; still too large is a mapping error.
 */
export async function resolveParams({ trigger, run }: RunInput): Promise<ResolvedParams> {
  const { params } = run.settings;
  const compiled = compileTemplate(params, RUN_VARIABLES);
  if (!compiled.ok) {
    const [violation] = compiled.violations;
    return failed(`/run/params${violation?.pointer ?? ''}`, violation?.message ?? 'cannot be compiled');
  }
  const base = {
    key: run.key,
    trigger: { name: trigger, generation: run.generation },
    run: runVariable(run, run.items.length),
    event: run.last.event,
  };
  for (const items of [itemsOf(run.items), manifestOf(run)]) {
    const resolved = compiled.template.resolve({ ...base, items });
    if (!resolved.ok && !resolved.message.startsWith(TOO_LARGE)) {
      return failed(`/run/params${resolved.pointer}`, `${resolved.expression}: ${resolved.message}`);
    }
    if (resolved.ok && Buffer.byteLength(JSON.stringify(resolved.value)) <= PARAMS_MAX_BYTES) {
      return { ok: true, params: resolved.value };
    }
  }
  return failed('/run/params', `larger than ${PARAMS_MAX_BYTES} bytes, with a manifest in place of the items too`);
}

function failed(pointer: string, detail: string): ResolvedParams {
  return { ok: false, code: 'mapping_error', pointer, detail };
}
