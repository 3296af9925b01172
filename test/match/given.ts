import { compileExpression, type Evaluated } from '../../src/match/expression.ts';
import { compilePattern, type CompiledPattern, type PatternResult } from '../../src/match/pattern.ts';
import type { Json, JsonObject } from '../../src/spec/json.ts';

/** A pattern that must compile. */
export function pattern(json: Json): CompiledPattern {
  const compiled = compilePattern(json);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.violations));
  return compiled.pattern;
}

/** The decision of a pattern on an event. */
export function decide(json: Json, event: JsonObject): PatternResult {
  return pattern(json).match(event);
}

/** Evaluates CEL over the variables given; an expression that does not compile gives the same kind of failure. */
export function evaluate(source: string, variables: { readonly [name: string]: Json | undefined } = {}): Evaluated {
  const compiled = compileExpression(source, Object.keys(variables));
  return compiled.ok ? compiled.expression.evaluate(variables) : compiled;
}
