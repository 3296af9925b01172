import { canonicalJson } from '../match/canonical.ts';
import type { Reads } from '../match/expression.ts';
import { mergeReads, type Template } from '../match/template.ts';
import type { Json } from '../spec/json.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { Compiler, EVENT_VARIABLES, KEY_VARIABLES, RUN_VARIABLES } from './compile.ts';
import { DEFAULT_KEY, type LoadedSelector } from './definitions.ts';
import { error, type Path, type Problem } from './finding.ts';
import { runCalls } from './run-calls.ts';
import { partNames, selectorsOf } from './selectors.ts';

/** Largest params as written: they travel in a signal of at most 64 KB and are carried over continue-as-new. */
const PARAMS_WRITTEN_MAX_BYTES = 32_768;

const DEFAULT_KEY_TEMPLATE: Template = { reads: {}, resolve: () => ({ ok: true, value: DEFAULT_KEY }) };

/** A trigger's compiled parts; without what failed to compile when there are errors. */
export type CompiledTrigger = {
  readonly selectors: readonly LoadedSelector[];
  readonly dedupeBy: readonly Template[];
  readonly order?: Template;
  readonly amount?: Template;
  readonly identity?: Template;
  /** What a run reads by itself, its target aside. */
  readonly runReads: Reads;
  readonly problems: readonly Problem[];
};

/** Compiles and checks one trigger by itself; references to other definitions are checked elsewhere. */
export function compileTrigger(spec: TriggerSpec): CompiledTrigger {
  const compiler = new Compiler(partNames(spec));
  const selectors = compileSelectors(spec, compiler);
  const ofEvent = (written: Json | undefined, path: Path): Template | undefined =>
    written === undefined ? undefined : compiler.template(written, EVENT_VARIABLES, path);
  const { by } = spec.dedupe;
  const byPath: Path = ['spec', 'dedupe', 'by'];
  const written = by === undefined ? [] : Array.isArray(by) ? by : [by];
  const dedupeBy = written.flatMap((it, index) => ofEvent(it, Array.isArray(by) ? [...byPath, index] : byPath) ?? []);
  const identity = ofEvent(spec.run.identity, IDENTITY_PATH);
  const order = ofEvent(spec.order?.by, ORDER_PATH);
  const amount = ofEvent(spec.threshold?.of, AMOUNT_PATH);
  const runReads = compileRun(spec, compiler);
  return {
    selectors,
    dedupeBy,
    ...(identity && { identity }),
    ...(order && { order }),
    ...(amount && { amount }),
    runReads,
    problems: [
      ...compiler.problems,
      ...(dedupeBy.length === written.length && written.length > 0 ? constantProblems(dedupeBy, byPath) : []),
      ...(identity ? constantProblems([identity], IDENTITY_PATH) : []),
      ...(order ? eventlessProblems(order, ORDER_PATH, 'so every event would have the same place') : []),
      ...(amount ? eventlessProblems(amount, AMOUNT_PATH, 'so every event would count the same') : []),
      ...sizeProblems(spec),
    ],
  };
}

const IDENTITY_PATH: Path = ['spec', 'run', 'identity'];
export const LANE_PATH: Path = ['spec', 'run', 'lane'];
const ORDER_PATH: Path = ['spec', 'order', 'by'];
const AMOUNT_PATH: Path = ['spec', 'threshold', 'of'];

function compileSelectors(spec: TriggerSpec, compiler: Compiler): LoadedSelector[] {
  const key = optional(spec.key, (it) => compiler.template(it, KEY_VARIABLES, ['spec', 'key']));
  const collect = optional(spec.collect, (it) => compiler.template(it, EVENT_VARIABLES, ['spec', 'collect']));
  return selectorsOf(spec).map(({ selector, path, part }) => {
    const pattern = optional(selector.pattern, (it) => compiler.pattern(it, [...path, 'pattern']));
    const when = optional(selector.when, (it) => compiler.expression(it, KEY_VARIABLES, [...path, 'when']));
    const ownKey = optional(selector.key, (it) => compiler.template(it, KEY_VARIABLES, [...path, 'key']));
    const ownCollect = optional(selector.collect, (it) => compiler.template(it, EVENT_VARIABLES, [...path, 'collect']));
    const collected = ownCollect ?? collect;
    const place = `/${path.slice(1).join('/')}`;
    return {
      ...(part !== undefined && { part }),
      places: {
        selector: place,
        key: selector.key === undefined ? '/key' : `${place}/key`,
        collect: selector.collect === undefined ? '/collect' : `${place}/collect`,
      },
      ...(selector.source !== undefined && { source: selector.source }),
      ...(pattern && { pattern }),
      ...(when && { when }),
      key: ownKey ?? key ?? DEFAULT_KEY_TEMPLATE,
      ...(collected && { collect: collected }),
    };
  });
}

/** Everything that is evaluated in the run itself; gives what it reads. */
function compileRun(spec: TriggerSpec, compiler: Compiler): Reads {
  const joins = partNames(spec).length > 0;
  const variables = joins ? RUN_VARIABLES : RUN_VARIABLES.filter((it) => it !== 'parts');
  const reads = runCalls(spec).flatMap(({ templates, conditions, sees }) => [
    ...templates.map(({ json, path }) => compiler.template(json, [...variables, ...sees], path)?.reads ?? {}),
    ...conditions.map((it) => compiler.expression(it.source, [...variables, ...it.sees], it.path)?.reads ?? {}),
  ]);
  const { run, approval } = spec;
  const when = optional(approval?.when, (it) => compiler.expression(it, variables, ['spec', 'approval', 'when']));
  const version =
    run.kind === 'deploy' ? compiler.template(run.version, variables, ['spec', 'run', 'version']) : undefined;
  const asked = run.kind === 'deploy' ? run.promote.approval?.when : undefined;
  const promoted = optional(asked, (it) =>
    compiler.expression(it, variables, ['spec', 'run', 'promote', 'approval', 'when']),
  );
  const lane = optional(spec.run.lane, (it) => compiler.template(it, EVENT_VARIABLES, LANE_PATH));
  return mergeReads(...reads, when?.reads ?? {}, version?.reads ?? {}, promoted?.reads ?? {}, lane?.reads ?? {});
}

/** The templates that are evaluated in the run. */
export function runTemplates(spec: TriggerSpec): { readonly json: Json; readonly path: Path }[] {
  return runCalls(spec).flatMap(({ templates }) => templates);
}

/** An identity that does not look at the event makes all events, or all runs, the same one. */
function constantProblems(templates: readonly Template[], path: Path): Problem[] {
  const reads = mergeReads(...templates.map((it) => it.reads));
  if (reads['event'] !== undefined || reads['key'] !== undefined) return [];
  const message = 'reads nothing of the event, so everything would count as the same';
  return [error(path, message, 'Use ${{ }} over event or key.')];
}

function eventlessProblems({ reads }: Template, path: Path, consequence: string): Problem[] {
  if (reads['event'] !== undefined) return [];
  return [error(path, `reads nothing of the event, ${consequence}`, 'Use ${{ }} over event.')];
}

function sizeProblems(spec: TriggerSpec): Problem[] {
  const sizes = runTemplates(spec).map(({ json }) => new TextEncoder().encode(canonicalJson(json)).length);
  const bytes = sizes.reduce((sum, it) => sum + it, 0);
  if (bytes <= PARAMS_WRITTEN_MAX_BYTES) return [];
  const together = sizes.length > 1 ? ', those of approval.notify with them' : '';
  const message = `has ${bytes} bytes as written${together}, more than ${PARAMS_WRITTEN_MAX_BYTES}`;
  return [error(['spec', 'run', 'params'], message, 'Keep large constants with the pipeline and pass a reference.')];
}

function optional<T, R>(value: T | undefined, use: (value: T) => R | undefined): R | undefined {
  return value === undefined ? undefined : use(value);
}
