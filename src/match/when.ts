import type { Json } from '../spec/json.ts';
import { compileExpression, type Expression } from './expression.ts';
import { isList, isObject, member } from './json.ts';

/** Values of paths a sentence names. */
const VALUES_SHOWN_MAX = 5;
/** Characters of one value a sentence repeats. */
const VALUE_CHARS_MAX = 100;

/** Why a condition did not hold: the part of it that is false, and what the event has where that part looks. */
export type WhenReason = {
  /** The condition, or the first operand of its outermost `&&` that is not true. */
  readonly expression: string;
  /** Dotted paths with their values, texts and long JSON cut; `undefined` where there is nothing. */
  readonly values: readonly { readonly path: string; readonly value?: string }[];
};

type Variables = { readonly [name: string]: Json | undefined };

/** Operands compiled before, by their expression: asking about many events does not parse again. */
const operands = new WeakMap<Expression, readonly Expression[]>();

/** Says why a condition that evaluated to something else than true did. `variables` are what it was evaluated over. */
export function explainWhen(when: Expression, variables: Variables): WhenReason {
  const guilty =
    operandsOf(when, Object.keys(variables)).find((part) => {
      const evaluated = part.evaluate(variables);
      return !evaluated.ok || evaluated.value !== true;
    }) ?? when;
  return { expression: guilty.source.trim(), values: valuesRead(guilty, variables) };
}

/** `event.data.size < 5e9 is false: event.data.size is 6000000000.` */
export function whenText({ expression, values }: WhenReason): string {
  const named = values.map(({ path, value }) => (value === undefined ? `${path} is missing` : `${path} is ${value}`));
  return `${expression} is false${named.length === 0 ? '' : `: ${named.join(', ')}`}.`;
}

function operandsOf(when: Expression, variables: readonly string[]): readonly Expression[] {
  const known = operands.get(when);
  if (known !== undefined) return known;
  const parts = splitAnd(when.source).map((source) => compileExpression(source, variables));
  const compiled = parts.flatMap((part) => (part.ok ? [part.expression] : []));
  const usable = compiled.length === parts.length ? compiled : [when];
  operands.set(when, usable);
  return usable;
}

/** The operands of the outermost `&&`; the whole source where something binds weaker, which every piece then fails. */
function splitAnd(source: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of source.matchAll(TOKENS)) {
    if (token.length === 1 && '([{'.includes(token)) depth += 1;
    else if (token.length === 1 && ')]}'.includes(token)) depth -= 1;
    else if (depth === 0 && (token === '||' || token === '?')) return [source];
    else if (depth === 0 && token === '&&') {
      parts.push(source.slice(from, index));
      from = index + token.length;
    }
  }
  return [...parts, source.slice(from)];
}

/** Strings (triple-quoted, then raw or plain) and comments whole, so that no operator in them counts. */
const TOKENS =
  /"""[\s\S]*?"""|'''[\s\S]*?'''|[rR]"[^"]*"|[rR]'[^']*'|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\/[^\n]*|&&|\|\||[?()[\]{}]/g;

function valuesRead(expression: Expression, variables: Variables): WhenReason['values'] {
  const paths = Object.entries(expression.reads).flatMap(([name, read]) =>
    read === 'whole' ? [] : read.map((path) => [name, ...path]),
  );
  return paths.slice(0, VALUES_SHOWN_MAX).map((path) => {
    const value = valueAt(variables, path);
    return { path: path.join('.'), ...(value !== undefined && { value: clipped(JSON.stringify(value)) }) };
  });
}

function valueAt(variables: Variables, [name = '', ...path]: readonly string[]): Json | undefined {
  let value: Json | undefined = Object.hasOwn(variables, name) ? variables[name] : undefined;
  for (const step of path) {
    value = isObject(value) ? member(value, step) : isList(value) ? value[Number(step)] : undefined;
  }
  return value;
}

function clipped(text: string): string {
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`;
}
