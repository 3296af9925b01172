import type { AboutRun } from '../src/contract/messages.ts';
import { PARAMS_MAX_BYTES } from '../src/contract/limits.ts';
import { compileTemplate } from '../src/match/template.ts';
import type { Json, JsonObject } from '../src/spec/json.ts';
import type { Step } from './interface.ts';
import { RUN_VARIABLES, runVariables } from './resolve-params.ts';

/** What the expressions of a step see: what params of the run see, and what belongs to the step. */
export function stepVariables(about: AboutRun, seen: JsonObject = {}): { readonly [name: string]: Json | undefined } {
  return { ...runVariables(about), ...seen };
}

/** The parameters of a step, filled in; or the expression that failed. */
export function stepParams(
  about: AboutRun,
  { params, seen = {} }: Pick<Step, 'params' | 'seen'>,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly detail: string } {
  const compiled = compileTemplate(params, [...RUN_VARIABLES, ...Object.keys(seen)]);
  if (!compiled.ok) return { ok: false, detail: compiled.violations.map(({ message }) => message).join('; ') };
  const resolved = compiled.template.resolve(stepVariables(about, seen));
  if (!resolved.ok) return { ok: false, detail: `${resolved.expression}: ${resolved.message}` };
  const bytes = Buffer.byteLength(JSON.stringify(resolved.value));
  if (bytes <= PARAMS_MAX_BYTES) return resolved;
  return { ok: false, detail: `The parameters have ${bytes} bytes, more than ${PARAMS_MAX_BYTES}.` };
}
