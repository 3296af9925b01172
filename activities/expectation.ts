import type { AboutRun } from '../src/contract/messages.ts';
import { compileExpression } from '../src/match/expression.ts';
import type { Finished } from '../src/core/retry.ts';
import type { Json } from '../src/spec/json.ts';
import type { Expectation, Step } from './interface.ts';
import { stepVariables } from './step-params.ts';

/** What is quoted of a result, in characters: enough to see the values compared. */
const QUOTED_MAX_CHARS = 300;

/** Whether what a step expects of its result holds; nothing where it expects nothing or did not succeed. */
export function expectationOf(
  about: AboutRun,
  { expect, seen }: Pick<Step, 'expect' | 'seen'>,
  { status, result }: Finished,
): { readonly expectation?: Expectation } {
  if (expect === undefined || status !== 'succeeded') return {};
  const answer = { result: result ?? null };
  return { expectation: judge(expect, { ...stepVariables(about, seen), ...answer }, answer) };
}

/** Whether bare CEL holds over these variables; what it saw of `answer` is quoted. Not true is not held, whatever else it is. */
export function judge(
  expect: string,
  variables: { readonly [name: string]: Json | undefined },
  answer: { readonly [name: string]: Json },
): Expectation {
  const compiled = compileExpression(expect, Object.keys(variables));
  const evaluated = compiled.ok ? compiled.expression.evaluate(variables) : compiled;
  const saw = Object.entries(answer)
    .map(([name, value]) => `${name} is ${JSON.stringify(value).slice(0, QUOTED_MAX_CHARS)}`)
    .join(', ');
  if (!evaluated.ok) return { holds: false, detail: `${expect}: ${evaluated.message}; ${saw}` };
  if (typeof evaluated.value !== 'boolean') {
    return { holds: false, detail: `${expect} is not true or false; ${saw}` };
  }
  return { holds: evaluated.value, detail: `${expect} is ${evaluated.value}: ${saw}` };
}
