import { isCelError, type CelInput, type CelResult } from '@bufbuild/cel';
import type { Json } from '../spec/json.ts';
import { hasFunction, parseCel, planCel, type ParsedExpression } from './engine.ts';
import { isObject, member } from './json.ts';
import { exhausted, EXHAUSTED_MESSAGE, startMeter } from './meter.ts';
import { pruneTo } from './prune.ts';
import { compileRegex } from './regex.ts';
import { SyntaxWalk } from './syntax.ts';
import { celOf, jsonOf } from './values.ts';

/** Characters of one expression: longer ones belong into the pipeline. */
export const EXPRESSION_CHARS_MAX = 2048;

/** Bytes of JSON one evaluation may give: what the parameters of a run may have together. */
export const RESULT_BYTES_MAX = 65_536;

/** Characters of a text that surely fits a result, however many bytes each of them takes. */
const PLAIN_CHARS_MAX = RESULT_BYTES_MAX / 8;

/** Characters of an error message; the engine's own can quote the event. */
const MESSAGE_CHARS_MAX = 300;

/** What an evaluation gave: a JSON value, or why there is none. Errors are outcomes, nothing is thrown. */
export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string; readonly offset?: number };

/**
 * The paths each variable is read at; `whole` when it is taken whole, through a computed index or in a comprehension.
 * Evaluation sees nothing else of a variable.
 */
export type Reads = { readonly [variable: string]: 'whole' | readonly (readonly string[])[] };

/** A compiled CEL expression. */
export type Expression = {
  readonly source: string;
  readonly reads: Reads;
  /** Evaluates over the given variables; one that is absent is an error only where the expression reads it. */
  evaluate(variables: { readonly [name: string]: Json | undefined }): Evaluated;
};

type Failure = Extract<Evaluated, { ok: false }>;

/**
 * Compiles a CEL expression over the named variables. Unknown variables, unknown functions and regular expressions that
 * are not valid are errors here. `offset` counts characters (UTF-16) from the start of the source.
 */
export function compileExpression(
  source: string,
  variables: readonly string[],
): { ok: true; expression: Expression } | { ok: false; message: string; offset?: number } {
  if (source.trim() === '') return failure('the expression is empty');
  if (source.length > EXPRESSION_CHARS_MAX) {
    return failure(`the expression is longer than ${EXPRESSION_CHARS_MAX} characters`);
  }
  try {
    const parsed = parseCel(source);
    const walk = new SyntaxWalk({ variables: new Set(variables), hasFunction, checkRegex: compileRegex });
    walk.visit(parsed.expr);
    if (walk.problem !== undefined) return failure(walk.problem.message, offsetOf(parsed, walk.problem.id));
    return { ok: true, expression: runnable(source, parsed, walk.reads) };
  } catch (error) {
    return thrown(error);
  }
}

function runnable(source: string, parsed: ParsedExpression, reads: Reads): Expression {
  const run = planCel(parsed);
  const path = plainPath(source);
  return {
    source,
    reads,
    evaluate(variables) {
      const plain = path && scalarAt(variables, path);
      if (plain !== undefined) return { ok: true, value: plain };
      startMeter();
      try {
        const result = run(bindings(variables, reads));
        if (exhausted()) return failure(EXHAUSTED_MESSAGE);
        if (isCelError(result)) return failure(meaning(result, variables, reads), offsetOf(parsed, result.exprId));
        return { ok: true, value: jsonOf(result, RESULT_BYTES_MAX) };
      } catch (error) {
        return thrown(error);
      }
    },
  };
}

/** Member names of an expression that is nothing but a way into a variable, as most keys and identities are. */
function plainPath(source: string): readonly string[] | undefined {
  return PLAIN_PATH.test(source) ? source.trim().split('.') : undefined;
}

const PLAIN_PATH = /^\s*[A-Za-z_]\w*(\.[A-Za-z_]\w*)+\s*$/;

/** A text, a number or a boolean at a path of plain objects, which needs no engine; everything else is left to it. */
function scalarAt(
  variables: { readonly [name: string]: Json | undefined },
  [variable = '', ...names]: readonly string[],
): string | number | boolean | undefined {
  let value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
  for (const name of names) value = isObject(value) ? member(value, name) : undefined;
  if (typeof value === 'string') return value.length <= PLAIN_CHARS_MAX ? value : undefined;
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function bindings(variables: { readonly [name: string]: Json | undefined }, reads: Reads): Record<string, CelInput> {
  const bound: Record<string, CelInput> = Object.create(null);
  for (const [name, paths] of Object.entries(reads)) {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined) bound[name] = celOf(isObject(value) ? pruneTo(value, paths) : value);
  }
  return bound;
}

function meaning(
  error: Extract<CelResult, Error>,
  variables: { readonly [name: string]: unknown },
  reads: Reads,
): string {
  if (error.message !== 'unresolved attribute') return error.message.replace(' [0, -1)', '');
  const absent = Object.keys(reads).filter((name) => variables[name] === undefined);
  return `there is no ${absent.join(', ')} here`;
}

function thrown(error: unknown): Failure {
  if (error instanceof RangeError) return failure('the expression nests too deep');
  const message = error instanceof Error ? error.message : String(error);
  return failure(message.replace(/^<input>:\d+:\d+: /, ''), syntaxOffset(error));
}

/** Where a syntax error of the engine is, if it is one. */
function syntaxOffset(error: unknown): number | undefined {
  const location = property(error, 'location');
  const offset = property(property(location, 'start'), 'offset');
  return typeof offset === 'number' ? offset : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function offsetOf(parsed: ParsedExpression, id: bigint | undefined): number | undefined {
  return id === undefined ? undefined : parsed.sourceInfo?.positions[id.toString()];
}

function failure(message: string, offset?: number): Failure {
  const short = message.length > MESSAGE_CHARS_MAX ? `${message.slice(0, MESSAGE_CHARS_MAX)}…` : message;
  return { ok: false, message: short, ...(offset === undefined ? {} : { offset }) };
}
