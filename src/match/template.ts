import type { Violation } from '../errors.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { compileExpression, RESULT_BYTES_MAX, type Evaluated, type Expression, type Reads } from './expression.ts';
import { splitText } from './interpolation.ts';
import { fitsBytes, fitsDepth, isList, isObject, objectOf, pointerTo } from './json.ts';
import { withoutCovered } from './prune.ts';

/** Lists and objects of a template nest at most so deep: twice what an event may. */
const TEMPLATE_DEPTH_MAX = 64;

type Variables = { readonly [name: string]: Json | undefined };

/** A filled-in template, or the first expression that failed: its place in the template, its source, and why. */
export type Resolved =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly pointer: string; readonly expression: string; readonly message: string };

/** Plain JSON with `${{ … }}` in its strings, compiled. */
export type Template = {
  readonly reads: Reads;
  /** Fills in every expression. Never throws; a result of more than 64 KB is a failure at the root. */
  resolve(variables: Variables): Resolved;
};

type Fill = (variables: Variables) => Resolved;

/**
 * Compiles every `${{ … }}` in the strings of a JSON value. A string that is one expression and nothing else keeps the
 * type of the result; elsewhere results become text: null, lists and maps as JSON. `{ $value, $default }` stands for
 * `$value`, or for `$default` where `$value` fails. Everything else passes through. Violations point into the value.
 */
export function compileTemplate(
  json: Json,
  variables: readonly string[],
): { ok: true; template: Template } | { ok: false; violations: Violation[] } {
  if (!fitsDepth(json, TEMPLATE_DEPTH_MAX)) {
    return { ok: false, violations: [{ pointer: '', message: `nests deeper than ${TEMPLATE_DEPTH_MAX}` }] };
  }
  const compiler = new TemplateCompiler(variables);
  const fill = compiler.compile(json, '');
  if (compiler.violations.length > 0) return { ok: false, violations: compiler.violations };
  const reads = mergeReads(...compiler.expressions.map((expression) => expression.reads));
  const resolve: Fill = (values) => {
    const resolved = fill(values);
    if (!resolved.ok || fitsBytes(resolved.value, RESULT_BYTES_MAX)) return resolved;
    return failed('', '', `the result is larger than ${RESULT_BYTES_MAX / 1024} KB`);
  };
  return { ok: true, template: { reads, resolve } };
}

/** Everything any of them reads. */
export function mergeReads(...reads: Reads[]): Reads {
  const merged = new Map<string, Reads[string]>();
  for (const [name, paths] of reads.flatMap((one) => Object.entries(one))) {
    const before = merged.get(name) ?? [];
    merged.set(name, before === 'whole' || paths === 'whole' ? 'whole' : withoutCovered([...before, ...paths]));
  }
  return Object.fromEntries(merged);
}

class TemplateCompiler {
  readonly violations: Violation[] = [];
  readonly expressions: Expression[] = [];
  readonly #variables: readonly string[];

  constructor(variables: readonly string[]) {
    this.#variables = variables;
  }

  compile(json: Json, pointer: string): Fill {
    if (typeof json === 'string') return this.#text(json, pointer);
    if (isList(json)) return this.#list(json, pointer);
    if (!isObject(json)) return () => ({ ok: true, value: json });
    return Object.hasOwn(json, '$value') || Object.hasOwn(json, '$default')
      ? this.#fallback(json, pointer)
      : this.#object(json, pointer);
  }

  #list(list: readonly Json[], pointer: string): Fill {
    const fills = list.map((item, index) => this.compile(item, pointerTo(pointer, index)));
    return (variables) => {
      const values: Json[] = [];
      for (const fill of fills) {
        const resolved = fill(variables);
        if (!resolved.ok) return resolved;
        values.push(resolved.value);
      }
      return { ok: true, value: values };
    };
  }

  #object(object: JsonObject, pointer: string): Fill {
    const fills = Object.entries(object).map(([name, value]) => {
      const at = pointerTo(pointer, name);
      if (name.includes('${{')) this.#refuse(at, 'expressions stand in values, not in member names');
      return [name, this.compile(value, at)] as const;
    });
    return (variables) => {
      const entries: [string, Json][] = [];
      for (const [name, fill] of fills) {
        const resolved = fill(variables);
        if (!resolved.ok) return resolved;
        entries.push([name, resolved.value]);
      }
      return { ok: true, value: objectOf(entries) };
    };
  }

  #fallback(object: JsonObject, pointer: string): Fill {
    const { $value, $default, ...more } = object;
    if ($value === undefined || $default === undefined || Object.keys(more).length > 0) {
      this.#refuse(pointer, '$value and $default stand together and alone in an object');
    }
    const value = this.compile($value ?? null, pointerTo(pointer, '$value'));
    const fallback = this.compile($default ?? null, pointerTo(pointer, '$default'));
    return (variables) => {
      const resolved = value(variables);
      return resolved.ok ? resolved : fallback(variables);
    };
  }

  #text(text: string, pointer: string): Fill {
    const split = splitText(text);
    if (!split.ok) {
      this.#refuse(pointer, split.message);
      return () => ({ ok: true, value: text });
    }
    const parts = split.parts.map((part) =>
      part.kind === 'text' ? part.text : this.#expression(part.source, pointer),
    );
    const [only, ...more] = parts;
    if (typeof only === 'function' && more.length === 0) return only;
    if (parts.every((part) => typeof part === 'string')) return () => ({ ok: true, value: text });
    return (variables) => {
      let result = '';
      for (const part of parts) {
        const resolved = typeof part === 'string' ? { ok: true as const, value: part } : part(variables);
        if (!resolved.ok) return resolved;
        result += typeof resolved.value === 'string' ? resolved.value : JSON.stringify(resolved.value);
      }
      return { ok: true, value: result };
    };
  }

  #expression(source: string, pointer: string): Fill {
    const compiled = compileExpression(source, this.#variables);
    if (!compiled.ok) {
      this.#refuse(pointer, located(compiled, source));
      return () => failed(pointer, source, compiled.message);
    }
    this.expressions.push(compiled.expression);
    return (variables) => {
      const evaluated = compiled.expression.evaluate(variables);
      return evaluated.ok ? evaluated : failed(pointer, source, located(evaluated, source));
    };
  }

  #refuse(pointer: string, message: string): void {
    this.violations.push({ pointer, message });
  }
}

function failed(pointer: string, expression: string, message: string): Resolved {
  return { ok: false, pointer, expression, message };
}

/** The message with the place in the expression it is about. */
function located({ message, offset }: Omit<Extract<Evaluated, { ok: false }>, 'ok'>, source: string): string {
  const rest = offset === undefined ? '' : source.slice(offset, offset + 20);
  return rest === '' ? message : `${message} (at ${JSON.stringify(rest)})`;
}
