import type { Violation } from '../errors.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { compileExpression, type Expression } from './expression.ts';
import { compilePattern, explainPattern } from './pattern.ts';
import { explainWhen, whenText } from './when.ts';

/** Whether an event matches, with a reason as a sentence; the code is there where live traffic would be dead-lettered. */
type SandboxAnswer = {
  readonly matched: boolean;
  readonly reason: string;
  readonly code?: 'filter_error';
};

/** Answers for one pattern and condition what they make of an event. */
type Sandbox = (event: JsonObject) => SandboxAnswer;

type Compiled =
  | { readonly ok: true; readonly sandbox: Sandbox }
  | {
      readonly ok: false;
      readonly code: 'invalid_pattern' | 'invalid_expression';
      readonly violations: readonly Violation[];
    };

/**
 * Compiles a pattern and perhaps a bare CEL condition after it, as a trigger's `events` has them, to try them on single
 * events. Violations point into `{ pattern, when }`.
 */
export function compileSandbox(pattern: Json, when?: string): Compiled {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) {
    const violations = compiled.violations.map((it) => ({ ...it, pointer: `/pattern${it.pointer}` }));
    return { ok: false, code: 'invalid_pattern', violations };
  }
  const condition = when === undefined ? undefined : compileExpression(when, ['event', 'trigger']);
  if (condition && !condition.ok) {
    return { ok: false, code: 'invalid_expression', violations: [{ pointer: '/when', message: condition.message }] };
  }
  const sandbox: Sandbox = (event) => {
    const result = compiled.pattern.match(event);
    if (!result.matched) return { matched: false, reason: explainPattern(result.reason) };
    return condition ? holds(condition.expression, event) : { matched: true, reason: 'The pattern matches.' };
  };
  return { ok: true, sandbox };
}

function holds(condition: Expression, event: JsonObject): SandboxAnswer {
  const result = condition.evaluate({ event });
  if (!result.ok) return failed(result.message);
  if (typeof result.value !== 'boolean') return failed(`it gave ${JSON.stringify(result.value).slice(0, 100)}`);
  return result.value
    ? { matched: true, reason: 'The pattern matches and the condition holds.' }
    : { matched: false, reason: `The pattern matches, but ${whenText(explainWhen(condition, { event }))}` };
}

/** On live traffic this is a dead letter, never a silent no. */
function failed(message: string): SandboxAnswer {
  return { matched: false, reason: `The condition failed on this event: ${message}`, code: 'filter_error' };
}
