import { canonicalJson } from '../match/canonical.ts';
import type { Reads } from '../match/expression.ts';
import { mergeReads, type Template } from '../match/template.ts';
import type { Definition } from '../spec/definition.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { combinationProblems, selectorsOf } from './combinations.ts';
import { Compiler, EVENT_VARIABLES, KEY_VARIABLES, RUN_VARIABLES } from './compile.ts';
import type { LoadedSelector } from './definitions.ts';
import { error, type Path, type Problem, warning } from './finding.ts';

/** Largest params as written: they travel in a signal of at most 64 KB and are carried over continue-as-new. */
const PARAMS_WRITTEN_MAX_BYTES = 32_768;

/** A trigger's compiled parts; without what failed to compile when there are errors. */
export type CompiledTrigger = {
  readonly selectors: readonly LoadedSelector[];
  readonly dedupeBy: readonly Template[];
  readonly identity?: Template;
  readonly params?: Template;
  readonly problems: readonly Problem[];
};

/** Compiles and checks one trigger by itself; references to other definitions are checked elsewhere. */
export function compileTrigger(spec: TriggerSpec): CompiledTrigger {
  const compiler = new Compiler();
  const selectors = compileSelectors(spec, compiler);
  const { by } = spec.dedupe;
  const byPath: Path = ['spec', 'dedupe', 'by'];
  const written = by === undefined ? [] : Array.isArray(by) ? by : [by];
  const dedupeBy = written.flatMap(
    (it, index) => compiler.template(it, EVENT_VARIABLES, Array.isArray(by) ? [...byPath, index] : byPath) ?? [],
  );
  const identityPath: Path = ['spec', 'run', 'identity'];
  const identity = optional(spec.run.identity, (it) => compiler.template(it, EVENT_VARIABLES, identityPath));
  const params = compiler.template(spec.run.params, RUN_VARIABLES, ['spec', 'run', 'params']);
  return {
    selectors,
    dedupeBy,
    ...(identity && { identity }),
    ...(params && { params }),
    problems: [
      ...compiler.problems,
      ...(dedupeBy.length === written.length && written.length > 0 ? constantProblems(dedupeBy, byPath) : []),
      ...(identity ? constantProblems([identity], identityPath) : []),
      ...combinationProblems(spec),
      ...sizeProblems(spec),
    ],
  };
}

function compileSelectors(spec: TriggerSpec, compiler: Compiler): LoadedSelector[] {
  const key = optional(spec.key, (it) => compiler.template(it, KEY_VARIABLES, ['spec', 'key']));
  const collect = optional(spec.collect, (it) => compiler.template(it, EVENT_VARIABLES, ['spec', 'collect']));
  return selectorsOf(spec).map(({ selector, path }) => {
    const pattern = optional(selector.pattern, (it) => compiler.pattern(it, [...path, 'pattern']));
    const when = optional(selector.when, (it) => compiler.expression(it, KEY_VARIABLES, [...path, 'when']));
    const ownKey = optional(selector.key, (it) => compiler.template(it, KEY_VARIABLES, [...path, 'key']));
    const ownCollect = optional(selector.collect, (it) => compiler.template(it, EVENT_VARIABLES, [...path, 'collect']));
    const keyed = ownKey ?? key;
    const collected = ownCollect ?? collect;
    return {
      ...(selector.source !== undefined && { source: selector.source }),
      ...(pattern && { pattern }),
      ...(when && { when }),
      ...(keyed && { key: keyed }),
      ...(collected && { collect: collected }),
    };
  });
}

/** An identity that does not look at the event makes all events, or all runs, the same one. */
function constantProblems(templates: readonly Template[], path: Path): Problem[] {
  const reads = mergeReads(...templates.map((it) => it.reads));
  if (reads['event'] !== undefined || reads['key'] !== undefined) return [];
  const message = 'reads nothing of the event, so everything would count as the same';
  return [error(path, message, 'Use ${{ }} over event or key.')];
}

function sizeProblems(spec: TriggerSpec): Problem[] {
  const bytes = new TextEncoder().encode(canonicalJson(spec.run.params)).length;
  if (bytes <= PARAMS_WRITTEN_MAX_BYTES) return [];
  const message = `has ${bytes} bytes as written, more than ${PARAMS_WRITTEN_MAX_BYTES}`;
  return [error(['spec', 'run', 'params'], message, 'Keep large constants with the pipeline and pass a reference.')];
}

/** What a run of the trigger needs of its events, given everything its target reads. */
export function runReads(
  spec: TriggerSpec,
  { params, selectors }: CompiledTrigger,
  target: Reads,
): { readonly reads: Reads[string]; readonly itemsRead: boolean; readonly problems: readonly Problem[] } {
  const reads = mergeReads(params?.reads ?? {}, target);
  const items = reads['items'] !== undefined;
  const unused = !items && spec.collect !== undefined;
  return {
    reads: spec.retain === 'whole' ? 'whole' : (reads['event'] ?? []),
    itemsRead: items && selectors.some(({ collect }) => collect === undefined),
    problems: unused
      ? [warning(['spec', 'collect'], 'is kept for `items`, which nothing reads', 'Use items in params, or remove it.')]
      : [],
  };
}

/** The part of a trigger that its instance decides by. */
export function definitionOf(name: string, generation: string, loadedAt: number, spec: TriggerSpec): Definition {
  const { freshness, debounce, cooldown, run } = spec;
  return {
    name,
    generation,
    loadedAt,
    mode: spec.mode,
    dedupe: { windowMs: spec.dedupe.window },
    ...(freshness && { freshness: { maxAgeMs: freshness.maxAge, at: freshness.at } }),
    ...(debounce && {
      debounce: {
        quietMs: debounce.quiet,
        ...(debounce.maxWait !== undefined && { maxWaitMs: debounce.maxWait }),
        edge: debounce.edge,
        keep: debounce.keep,
      },
    }),
    ...(cooldown && { cooldown: { periodMs: cooldown.period, onExcess: cooldown.onExcess } }),
    run: {
      kind: run.kind,
      target: run.target,
      params: run.params,
      retry: { delaysMs: run.retry.delays },
      timeoutMs: run.timeout,
    },
  };
}

function optional<T, R>(value: T | undefined, use: (value: T) => R | undefined): R | undefined {
  return value === undefined ? undefined : use(value);
}
