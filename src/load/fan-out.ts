import { isList } from '../match/json.ts';
import { compileTemplate } from '../match/template.ts';
import type { RunSpec } from '../spec/run.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { RUN_VARIABLES } from './compile.ts';

type FanOut = Extract<RunSpec, { kind: 'fanOut' }>;

const RUN: Path = ['spec', 'run'];

/** What a fan-out has to say besides what its schema asks for. */
export function fanOutProblems(run: FanOut): Problem[] {
  return [...overProblems(run), ...quorumProblems(run), ...alikeProblems(run)];
}

/** Of values that are written down one can tell what a run would find. */
function overProblems({ over }: FanOut): Problem[] {
  const path = [...RUN, 'over'];
  if (typeof over === 'string') {
    if (over.includes('${{')) return [];
    return [error(path, 'is text, not a list', 'Write a list, or ${{ }} over one.')];
  }
  if (over.length === 0) return [error(path, 'is empty, so no run would have a branch', 'Write at least one value.')];
  const nested = over.flatMap((value, index) =>
    typeof value === 'object' ? [error([...path, index], 'is no text, number or boolean', 'Name it by a text.')] : [],
  );
  const texts = over.map(String);
  const repeated = texts.flatMap((text, index) =>
    texts.indexOf(text) < index && nested.length === 0
      ? [warning([...path, index], 'is there already: the same value twice is one branch', 'Leave it out.')]
      : [],
  );
  return [...nested, ...repeated];
}

function quorumProblems({ over, quorum, within, timeout, afterQuorum }: FanOut): Problem[] {
  const problems: Problem[] = [];
  if (quorum !== undefined && isList(over) && over.length > 0 && quorum > over.length) {
    const message = `is ${quorum}, and there are ${over.length} values: it can never be reached`;
    problems.push(error([...RUN, 'quorum'], message, 'Make it smaller, or leave it out for all of them.'));
  }
  if (within !== undefined && within > timeout) {
    const message = 'is longer than run.timeout, which ends the run before';
    problems.push(error([...RUN, 'within'], message, 'Make it shorter, or run.timeout longer.'));
  }
  if (afterQuorum !== undefined && quorum === undefined) {
    const message = 'decides nothing without quorum: all branches have ended by then';
    problems.push(warning([...RUN, 'afterQuorum'], message, 'Set quorum, or leave it out.'));
  }
  return problems;
}

/** Branches that are told the same differ in nothing but their token. */
function alikeProblems({ branch }: FanOut): Problem[] {
  const compiled = compileTemplate(branch.params, [...RUN_VARIABLES, 'item']);
  if (!compiled.ok || compiled.template.reads['item'] !== undefined) return [];
  const message = 'reads nothing of item, so every branch does the same';
  return [warning([...RUN, 'branch'], message, 'Use ${{ item }} in params.')];
}
