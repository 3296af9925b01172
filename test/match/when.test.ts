import { describe, expect, it } from 'vitest';

import { compileExpression } from '../../src/match/expression.ts';
import { explainWhen, whenText } from '../../src/match/when.ts';
import type { JsonObject } from '../../src/spec/json.ts';

function why(source: string, event: JsonObject): string {
  const compiled = compileExpression(source, ['event']);
  if (!compiled.ok) throw new Error(compiled.message);
  return whenText(explainWhen(compiled.expression, { event }));
}

describe('a condition that is false', () => {
  it.each<[string, string, JsonObject, string]>([
    ['names what it read', 'event.n > 3', { n: 2 }, 'event.n > 3 is false: event.n is 2.'],
    [
      'names the first operand of && that is false',
      'event.a == 1 && event.b == 2 && event.c == 3',
      { a: 1, b: 0, c: 0 },
      'event.b == 2 is false: event.b is 0.',
    ],
    [
      'is named whole where || or ? binds weaker than &&',
      'event.a == 1 && event.b == 2 || event.c == 3',
      { a: 1, b: 0, c: 0 },
      'event.a == 1 && event.b == 2 || event.c == 3 is false: event.a is 1, event.b is 0, event.c is 0.',
    ],
    [
      'is not split inside texts, comments, lists and calls',
      `event.s == "x && (" && // && z\n[event.a == 1 && true, false][0]`,
      { s: 'x && (', a: 2 },
      `// && z\n[event.a == 1 && true, false][0] is false: event.a is 2.`,
    ],
    ['says what is missing', 'has(event.n)', {}, 'has(event.n) is false: event.n is missing.'],
    [
      'reads members of lists',
      'event.l[1] == "z" && true',
      { l: ['a', 'b'] },
      'event.l[1] == "z" is false: event.l is ["a","b"].',
    ],
    [
      'cuts long values',
      'event.s == ""',
      { s: 'x'.repeat(300) },
      `event.s == "" is false: event.s is "${'x'.repeat(99)}….`,
    ],
    ['reads nothing that is not a path', 'size(event) == 9', { a: 1 }, 'size(event) == 9 is false.'],
  ])('%s', (_, source, event, sentence) => {
    expect(why(source, event)).toBe(sentence);
  });

  it('is parsed once however many events are asked about', () => {
    const compiled = compileExpression('event.a == 1 && event.b == 2', ['event']);
    if (!compiled.ok) throw new Error(compiled.message);
    const reasons = [0, 0].map((a) => explainWhen(compiled.expression, { event: { a } }).expression);
    expect(reasons).toEqual(['event.a == 1', 'event.a == 1']);
  });
});
