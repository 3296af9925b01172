import { compileExpression, type Expression, type Reads } from '../match/expression.ts';
import { compilePattern, type CompiledPattern } from '../match/pattern.ts';
import { compileTemplate, type Template } from '../match/template.ts';
import type { Json } from '../spec/json.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { didYouMean } from './nearest.ts';

/** What expressions see that are evaluated when an event arrives; `key` is not yet known to the key itself. */
export const KEY_VARIABLES = ['event', 'trigger'] as const;
export const EVENT_VARIABLES = ['event', 'key', 'trigger'] as const;
/** What params and the strings of a Target see. */
export const RUN_VARIABLES = ['key', 'trigger', 'run', 'event', 'parts', 'items'] as const;
/** Members of `run`. */
const RUN_FIELDS = ['id', 'firedAt', 'cause', 'eventCount'] as const;

const LOOKS_LIKE_CEL = /^\s*(event|key|trigger|run|parts|items)\s*[.[]/;

/** Compiles the parts of a definition and gathers what is wrong with them, each at its place in the document. */
export class Compiler {
  readonly problems: Problem[] = [];
  readonly #parts: readonly string[] | undefined;

  /** `parts`: the names that `parts` has, where they are known. */
  constructor(parts?: readonly string[]) {
    this.#parts = parts;
  }

  pattern(pattern: Json, path: Path): CompiledPattern | undefined {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) {
      for (const { pointer, message } of compiled.violations) {
        this.problems.push(error(below(path, pointer), message, 'Correct the pattern; docs list its operators.'));
      }
      return undefined;
    }
    for (const { pointer, message } of compiled.pattern.warnings) {
      this.problems.push(warning(below(path, pointer), message, 'Check that this is what you mean.'));
    }
    return compiled.pattern;
  }

  /** Bare CEL, as in `when`. */
  expression(source: string, variables: readonly string[], path: Path): Expression | undefined {
    if (source.includes('${{')) {
      this.problems.push(error(path, 'is bare CEL, not a template', 'Leave out ${{ and }}.'));
      return undefined;
    }
    const compiled = compileExpression(source, variables);
    if (compiled.ok) {
      this.#members(compiled.expression.reads, path);
      return compiled.expression;
    }
    const { message, offset } = compiled;
    const place = offset === undefined ? '' : ` (at character ${offset + 1})`;
    this.problems.push(error(path, `${message}${place}`, seen(variables)));
    return undefined;
  }

  /** JSON with `${{ }}` in its strings. */
  template(json: Json, variables: readonly string[], path: Path): Template | undefined {
    if (typeof json === 'string' && !json.includes('${{') && LOOKS_LIKE_CEL.test(json)) {
      this.problems.push(
        warning(path, 'is plain text, no expression', `Write "\${{ ${json.trim()} }}" to evaluate it.`),
      );
    }
    const compiled = compileTemplate(json, variables);
    if (!compiled.ok) {
      for (const { pointer, message } of compiled.violations) {
        this.problems.push(error(below(path, pointer), message, seen(variables)));
      }
      return undefined;
    }
    this.#members(compiled.template.reads, path);
    return compiled.template;
  }

  #members(reads: Reads, path: Path): void {
    this.problems.push(...runProblems(reads, path));
    if (this.#parts !== undefined) this.problems.push(...partProblems(reads, this.#parts, path));
  }
}

function runProblems(reads: Reads, path: Path): Problem[] {
  return unknownMembers(reads['run'], RUN_FIELDS).map((field) => {
    const remedy = `${didYouMean(field, RUN_FIELDS)}run has ${RUN_FIELDS.join(', ')}.`;
    return error(path, `run has no member "${field}"`, remedy);
  });
}

/** Members of `parts` that are read and will never be there. */
export function partProblems(reads: Reads, parts: readonly string[], path: Path): Problem[] {
  const has = parts.length > 0 ? `events.all has ${parts.join(', ')}.` : 'Only a trigger with events.all has parts.';
  return unknownMembers(reads['parts'], parts).map((part) =>
    error(path, `there is no part "${part}"`, `${didYouMean(part, parts)}${has}`),
  );
}

function unknownMembers(paths: Reads[string] | undefined, known: readonly string[]): string[] {
  if (paths === undefined || paths === 'whole') return [];
  const names = new Set(paths.flatMap(([name]) => name ?? []));
  return [...names].filter((name) => !known.includes(name));
}

const seen = (variables: readonly string[]): string => `Correct the expression; it sees ${variables.join(', ')}.`;

/** The place an RFC 6901 pointer names below a path. */
function below(path: Path, pointer: string): Path {
  const tokens = pointer.split('/').slice(1);
  return [...path, ...tokens.map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))];
}
