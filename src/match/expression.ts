import type { Json } from '../spec/json.ts';

/** What an evaluation gave: a JSON value, or why there is none. Errors are outcomes, nothing is thrown. */
export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string; readonly offset?: number };

/**
 * The paths each variable is read at; `whole` when it is taken whole, through a computed index or in a comprehension.
 */
export type Reads = { readonly [variable: string]: 'whole' | readonly (readonly string[])[] };

/** A compiled CEL expression. */
export type Expression = {
  readonly source: string;
  readonly reads: Reads;
  /** Evaluates over the given variables; one that is absent is an error only where the expression reads it. */
  evaluate(variables: { readonly [name: string]: Json | undefined }): Evaluated;
};

/** Compiles a CEL expression over the named variables. `offset` counts UTF-16 units from the start of the source. */
export function compileExpression(
  source: string,
  variables: readonly string[],
): { ok: true; expression: Expression } | { ok: false; message: string; offset?: number } {
  return { ok: false, message: `not yet: ${source} over ${variables.join()}` };
}
