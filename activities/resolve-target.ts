import type { LoadedTarget } from '../src/load/definitions.ts';
import { fillSettings } from '../src/match/settings.ts';
import { compileTemplate } from '../src/match/template.ts';
import type { Json } from '../src/spec/json.ts';
import { type RunContext, runVariables } from './resolve-params.ts';

/**
 * A target whose strings are free of templates, ready to be called for one run. Secrets stay references. `result` is the
 * answer to the start, once there is one; before that, what is about it stays as it is written.
 */
export function resolveTarget(
  loaded: LoadedTarget,
  context: RunContext,
  result?: Json,
): { readonly ok: true; readonly target: LoadedTarget } | { readonly ok: false; readonly detail: string } {
  const variables = { ...runVariables(context), result };
  const spec = fillSettings(loaded.spec, (template) => fillTemplate(template, variables), result !== undefined);
  return spec.ok ? { ok: true, target: { ...loaded, spec: spec.value } } : spec;
}

/** One template over these variables; where it fails, the expression and why. */
export function fillTemplate(
  template: Json,
  variables: { readonly [name: string]: Json | undefined },
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly detail: string } {
  const compiled = compileTemplate(template, Object.keys(variables));
  if (!compiled.ok) return { ok: false, detail: compiled.violations.map(({ message }) => message).join('; ') };
  const resolved = compiled.template.resolve(variables);
  return resolved.ok ? resolved : { ok: false, detail: `${resolved.expression}: ${resolved.message}` };
}
