import type { ParsedExpression } from './engine.ts';
import { withoutCovered } from './prune.ts';
import type { Reads } from './expression.ts';

type Expr = ParsedExpression['expr'];
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];
type Comprehension = Extract<Expr['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Nodes of a syntax tree: macros such as `map` count with what they stand for. */
export const NODES_MAX = 512;

/** What is wrong with a syntax tree, and at which node. */
export type Problem = { readonly message: string; readonly id: bigint };

/** Names CEL gives to its types; they are values. */
const TYPES = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type']);

/** Functions whose second argument is a regular expression. */
const REGEX_FUNCTIONS = new Set(['matches', 'regex.extract', 'regex.extractAll', 'regex.replace']);

/** Operators the engine evaluates itself. */
const OPERATORS = new Set(['_[_]', '_?_:_', '_&&_', '_||_', '@not_strictly_false']);

/** What a walk needs to know of the outside. `checkRegex` throws when a regular expression is not valid. */
export type Names = {
  readonly variables: ReadonlySet<string>;
  hasFunction(name: string): boolean;
  checkRegex(source: string): void;
};

/**
 * Walks a syntax tree: collects what it reads of each variable and the first thing that is wrong with it, and puts the
 * meter into every loop.
 */
export class SyntaxWalk {
  problem: Problem | undefined;
  readonly #reads = new Map<string, (readonly string[])[]>();
  readonly #names: Names;
  #nodes = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  /** What was read, `whole` where the empty path is among the paths. */
  get reads(): Reads {
    return Object.fromEntries(
      [...this.#reads].map(([name, paths]) => {
        const covered = withoutCovered(paths);
        return [name, covered.some((path) => path.length === 0) ? 'whole' : covered];
      }),
    );
  }

  visit(expr: Expr | undefined, bound: ReadonlySet<string> = new Set()): void {
    if (expr === undefined || this.problem !== undefined) return;
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) return this.#refuse(expr, `the expression has more than ${NODES_MAX} parts`);
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'identExpr':
      case 'selectExpr':
        return this.#access(expr, bound);
      case 'callExpr':
        return exprKind.value.function === '_[_]' ? this.#access(expr, bound) : this.#call(expr, exprKind.value, bound);
      case 'listExpr':
        for (const element of exprKind.value.elements) this.visit(element, bound);
        return;
      case 'structExpr':
        if (exprKind.value.messageName !== '') this.#refuse(expr, `unknown type ${exprKind.value.messageName}`);
        for (const entry of exprKind.value.entries) {
          if (entry.keyKind.case === 'mapKey') this.visit(entry.keyKind.value, bound);
          this.visit(entry.value, bound);
        }
        return;
      case 'comprehensionExpr':
        return this.#comprehension(exprKind.value, bound);
      case 'constExpr':
      case undefined:
        return;
    }
  }

  /** A chain of members such as `event.data['a-b'].c`: the path up to the first index that is not a constant name. */
  #access(expr: Expr, bound: ReadonlySet<string>): void {
    const { base, path } = this.#chain(expr, bound);
    if (base.exprKind.case !== 'identExpr') return base === expr ? undefined : this.visit(base, bound);
    const name = base.exprKind.value.name.replace(/^\./, '');
    if (bound.has(name)) return;
    if (this.#names.variables.has(name)) {
      const paths = this.#reads.get(name) ?? [];
      paths.push(path);
      this.#reads.set(name, paths);
    } else if (!TYPES.has(name)) {
      this.#refuse(base, `unknown variable ${name}: known here are ${[...this.#names.variables].join(', ')}`);
    }
  }

  #chain(expr: Expr, bound: ReadonlySet<string>): { base: Expr; path: readonly string[]; open: boolean } {
    const { exprKind } = expr;
    this.#nodes += 1;
    if (exprKind.case === 'selectExpr' && exprKind.value.operand !== undefined) {
      const inner = this.#chain(exprKind.value.operand, bound);
      return inner.open ? { ...inner, path: [...inner.path, exprKind.value.field] } : inner;
    }
    const [operand, index] =
      exprKind.case === 'callExpr' && exprKind.value.function === '_[_]' ? exprKind.value.args : [];
    if (operand === undefined) return { base: expr, path: [], open: true };
    const inner = this.#chain(operand, bound);
    const name = constantText(index);
    if (inner.open && name !== undefined) return { ...inner, path: [...inner.path, name] };
    this.visit(index, bound);
    return { ...inner, open: false };
  }

  #call(expr: Expr, call: Call, bound: ReadonlySet<string>): void {
    const namespace = call.target === undefined ? undefined : dotted(call.target);
    const qualified = namespace === undefined ? call.function : `${namespace}.${call.function}`;
    const isQualified = namespace !== undefined && this.#names.hasFunction(qualified);
    if (!isQualified && !OPERATORS.has(call.function) && !this.#names.hasFunction(call.function)) {
      return this.#refuse(expr, `unknown function ${qualified}`);
    }
    this.#regex(expr, isQualified ? qualified : call.function, call);
    if (!isQualified) this.visit(call.target, bound);
    for (const argument of call.args) this.visit(argument, bound);
  }

  #regex(expr: Expr, name: string, call: Call): void {
    if (!REGEX_FUNCTIONS.has(name)) return;
    const source = constantText(name === 'matches' && call.target !== undefined ? call.args[0] : call.args[1]);
    if (source === undefined) return;
    try {
      this.#names.checkRegex(source);
    } catch (error) {
      this.#refuse(expr, error instanceof Error ? error.message : String(error));
    }
  }

  #comprehension(loop: Comprehension, bound: ReadonlySet<string>): void {
    this.visit(loop.iterRange, bound);
    this.visit(loop.accuInit, bound);
    const inside = new Set([...bound, loop.iterVar, loop.accuVar]);
    this.visit(loop.loopCondition, inside);
    this.visit(loop.loopStep, inside);
    this.visit(loop.result, inside);
    if (loop.loopCondition !== undefined)
      loop.loopCondition = callOf('@tick', [loop.loopCondition], loop.loopCondition.id);
    appendInPlace(loop);
  }

  #refuse(expr: Expr, message: string): void {
    this.problem ??= { message, id: expr.id };
  }
}

/**
 * `map` and `filter` build their list by adding one-element lists, and the engine keeps every sum as a link of a chain
 * that is followed recursively. No one else can see the list being built, so it is appended to instead.
 */
function appendInPlace(loop: Comprehension): void {
  const init = loop.accuInit;
  const step = loop.loopStep?.exprKind.case === 'callExpr' ? loop.loopStep.exprKind.value : undefined;
  const sum = step?.function === '_?_:_' ? step.args[1]?.exprKind : loop.loopStep?.exprKind;
  if (init?.exprKind.case !== 'listExpr' || init.exprKind.value.elements.length > 0) return;
  if (sum?.case !== 'callExpr' || sum.value.function !== '_+_') return;
  const [list] = sum.value.args;
  if (list?.exprKind.case !== 'identExpr' || list.exprKind.value.name !== loop.accuVar) return;
  sum.value.function = '@append';
  loop.accuInit = callOf('@list', [], init.id);
}

function callOf(name: string, args: Expr[], id: bigint): Expr {
  const value = { $typeName: 'cel.expr.Expr.Call', function: name, args } as const;
  return { $typeName: 'cel.expr.Expr', id, exprKind: { case: 'callExpr', value } };
}

function constantText(expr: Expr | undefined): string | undefined {
  if (expr?.exprKind.case !== 'constExpr') return undefined;
  const { constantKind } = expr.exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : undefined;
}

function dotted(expr: Expr): string | undefined {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') return exprKind.value.name;
  if (exprKind.case !== 'selectExpr' || exprKind.value.operand === undefined) return undefined;
  const operand = dotted(exprKind.value.operand);
  return operand === undefined ? undefined : `${operand}.${exprKind.value.field}`;
}
