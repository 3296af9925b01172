import type { LoadedTarget } from '../src/load/definitions.ts';
import { compileTemplate } from '../src/match/template.ts';
import type { Json, JsonObject } from '../src/spec/json.ts';
import type { SecretRef, TargetSpec } from '../src/spec/target.ts';
import type { StartTargetInput } from './interface.ts';
import { RUN_VARIABLES, runVariables } from './resolve-params.ts';

type Resolved<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };
type Variables = { readonly [name: string]: Json | undefined };

/** A target whose strings are free of templates, ready to be called for one run. Secrets stay references. */
export function resolveTarget(
  loaded: LoadedTarget,
  input: StartTargetInput,
): { readonly ok: true; readonly target: LoadedTarget } | { readonly ok: false; readonly detail: string } {
  const spec = resolveSpec(loaded.spec, runVariables(input));
  return spec.ok ? { ok: true, target: { ...loaded, spec: spec.value } } : spec;
}

function resolveSpec(spec: TargetSpec, variables: Variables): Resolved<TargetSpec> {
  if ('command' in spec) {
    const words = texts(spec.command.run, variables);
    const env = members(spec.command.env, variables);
    if (!words.ok) return words;
    return env.ok
      ? { ok: true, value: { ...spec, command: { ...spec.command, run: [...words.value], env: env.value } } }
      : env;
  }
  const url = text(spec.http.url, variables);
  const headers = members(spec.http.headers, variables);
  const body = spec.http.body === undefined ? undefined : resolve(spec.http.body, variables);
  if (!url.ok) return url;
  if (!headers.ok) return headers;
  if (body && !body.ok) return body;
  const http = { ...spec.http, url: url.value, headers: headers.value, ...(body && { body: body.value }) };
  return { ok: true, value: { ...spec, http } };
}

function members(
  all: { readonly [name: string]: string | SecretRef },
  variables: Variables,
): Resolved<{ [name: string]: string | SecretRef }> {
  const resolved: [string, string | SecretRef][] = [];
  for (const [name, value] of Object.entries(all)) {
    const one = typeof value === 'string' ? text(value, variables) : ({ ok: true, value } as const);
    if (!one.ok) return one;
    resolved.push([name, one.value]);
  }
  return { ok: true, value: Object.fromEntries(resolved) };
}

function texts(all: readonly string[], variables: Variables): Resolved<readonly string[]> {
  const resolved: string[] = [];
  for (const value of all) {
    const one = text(value, variables);
    if (!one.ok) return one;
    resolved.push(one.value);
  }
  return { ok: true, value: resolved };
}

function text(value: string, variables: Variables): Resolved<string> {
  const resolved = resolve(value, variables);
  if (!resolved.ok) return resolved;
  return { ok: true, value: typeof resolved.value === 'string' ? resolved.value : JSON.stringify(resolved.value) };
}

function resolve(template: Json | JsonObject, variables: Variables): Resolved<Json> {
  const compiled = compileTemplate(template, RUN_VARIABLES);
  if (!compiled.ok) return { ok: false, detail: compiled.violations.map((violation) => violation.message).join('; ') };
  const resolved = compiled.template.resolve(variables);
  return resolved.ok ? resolved : { ok: false, detail: `${resolved.expression}: ${resolved.message}` };
}
