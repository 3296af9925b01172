import type { TriggerSpec } from '../spec/trigger.ts';
import { fanOutProblems } from './fan-out.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { runCalls } from './run-calls.ts';
import { urlProblems } from './target.ts';

const RUN: Path = ['spec', 'run'];

/** What kinds of runs have to say besides what their schema asks for. */
export function runKindProblems(spec: TriggerSpec): Problem[] {
  const { run } = spec;
  if (run.kind === 'train') return [];
  if (run.kind === 'fanOut') return fanOutProblems(run);
  return [
    ...(run.lane === undefined ? [laneless(run.kind)] : []),
    ...addresses(spec),
    ...(run.kind === 'deploy' ? irreversible(run) : []),
  ];
}

/** Steps that would wait for ever: a callback ends a run of kind train, or a branch, nothing else. */
export function unheardProblems(spec: TriggerSpec, needsCallback: (target: string) => boolean): Problem[] {
  const message = 'is told of its end by a callback only, which ends no step';
  const remedy = 'Give its watch a url, or use it as the target of a run of kind train.';
  return runCalls(spec).flatMap(({ target, path }) => {
    const isBranch = spec.run.kind === 'fanOut' && path[2] === 'branch';
    const isStep = path[1] === 'run' && path.length > RUN.length && !isBranch;
    return isStep && target !== undefined && needsCallback(target)
      ? [error([...path, 'target'], `Target "${target}" ${message}`, remedy)]
      : [];
  });
}

function laneless(kind: string): Problem {
  const remedy = 'Write lane: "model/${{ key }}", the same for every trigger that changes what serves.';
  return error(RUN, `needs a lane: a ${kind} and another one of the same model must not mix`, remedy);
}

/** Where a check asks is never up to an event, as where a target is. */
function addresses(spec: TriggerSpec): Problem[] {
  return runCalls(spec).flatMap(({ target, path, templates }) => {
    const [url] = templates;
    return target === undefined && typeof url?.json === 'string' ? urlProblems(url.json, [...path, 'url']) : [];
  });
}

function irreversible(run: Extract<TriggerSpec['run'], { kind: 'deploy' }>): Problem[] {
  const mayFailLater = run.stage !== undefined || run.verify.length > 0 || run.promote.steps !== undefined;
  if (run.revert !== undefined || !mayFailLater) return [];
  return [
    warning(RUN, 'has no revert: what a step changed stays when a later one fails', 'Add revert: { target: … }.'),
  ];
}
