import { dirname, resolve } from 'node:path';

import { needsCallback } from '../connectors/callback.ts';
import { canonicalJson, sha256Hex } from '../match/canonical.ts';
import { isObject } from '../match/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { PoolFile } from '../spec/pool.ts';
import type { ScenarioFile } from '../spec/scenario.ts';
import type { TriggerFile, TriggerSpec } from '../spec/trigger.ts';
import { combinationProblems } from './combinations.ts';
import { cycleProblems, EMITTED_SOURCE } from './cycles.ts';
import { definitionOf } from './definition.ts';
import type { Definitions, LoadedPool, LoadedSource, LoadedTarget, LoadedTrigger } from './definitions.ts';
import { error, type Finding, inReadingOrder, type Problem, warning } from './finding.ts';
import { didYouMean } from './nearest.ts';
import { type Parsed, type ParsedDirectory, parseDirectory, parseWritten } from './parse.ts';
import { type CalledTarget, runReads, type TargetReads } from './run-reads.ts';
import { compileProbe } from './probe.ts';
import { runCalls } from './run-calls.ts';
import { runKindProblems, unheardProblems } from './run-kinds.ts';
import { selectorsOf } from './selectors.ts';
import { compileSchedule } from './schedule.ts';
import { checkTarget } from './target.ts';
import { compileTimes } from './times.ts';
import { compileTrigger } from './trigger.ts';
import { Turns } from './turns.ts';

export type { Definitions, LoadedTrigger } from './definitions.ts';
export { type Finding, formatFinding } from './finding.ts';

/** Source names of what does not come in through a Source; none may take them. */
const BUILT_IN_SOURCES: ReadonlyMap<string, string> = new Map([
  ['events', 'what comes in at POST /events'],
  [EMITTED_SOURCE, 'what runs emit'],
]);
const POOL_REMEDY = 'Name it in run.pool of those whose runs share it, or remove it.';

/** All definitions of a directory, or everything that is wrong with them (warnings among it). */
export type LoadResult =
  | {
      readonly ok: true;
      readonly definitions: Definitions;
      /** As written: `loadScenarios` reads their payloads and checks them against the definitions. */
      readonly scenarios: readonly Parsed<ScenarioFile>[];
      /** Warnings, and what is wrong with scenarios: a broken test keeps no definition from being live. */
      readonly warnings: readonly Finding[];
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export type LoadOptions = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The set loaded before: unchanged triggers keep their `loadedAt`, changed ones get a later one. */
  readonly previous?: Definitions;
};

/**
 * Reads every `.yaml` and `.yml` file below a directory and checks all of it: one error anywhere and nothing is taken.
 * An empty directory, file or document is no definitions, not an error; a missing directory is one.
 */
export async function loadDefinitions(directory: string, options: LoadOptions): Promise<LoadResult> {
  const turns = new Turns();
  return link(await parseDirectory(directory, turns), options, turns);
}

/** Checks documents as they were written somewhere else, such as those of a running service. */
export async function loadWritten(documents: readonly JsonObject[], options: LoadOptions): Promise<LoadResult> {
  const turns = new Turns();
  return link(await parseWritten(documents, turns), options, turns);
}

async function link(parsed: ParsedDirectory, { now, previous }: LoadOptions, turns: Turns): Promise<LoadResult> {
  const loadedAt = previous === undefined ? now() : Math.max(now(), previous.loadedAt + 1);
  const linker = new Linker(parsed, loadedAt, previous);
  const sources = await mapInTurns(parsed.sources, turns, (it) => linker.source(it));
  const targets = await mapInTurns(parsed.targets, turns, (it) => linker.target(it));
  const triggers = await mapInTurns(parsed.triggers, turns, (it) => linker.trigger(it));
  const pools = await mapInTurns(parsed.pools, turns, (it) => linker.pool(it));
  linker.cycles();
  const findings = [...parsed.findings, ...linker.findings];
  const ofScenarios = parsed.scenarioFindings;
  if (findings.some(({ severity }) => severity === 'error')) {
    return { ok: false, findings: inReadingOrder([...findings, ...ofScenarios]) };
  }
  const fingerprint = fingerprintOf(triggers, targets, sources, pools);
  const written = [parsed.triggers, parsed.targets, parsed.sources, parsed.pools]
    .flatMap((kind): readonly Parsed<unknown>[] => [...kind.values()])
    .map(({ document }) => document.json)
    .filter(isObject);
  const definitions = { loadedAt, triggers, targets, sources, pools, fingerprint, written };
  return {
    ok: true,
    definitions,
    scenarios: parsed.scenarios,
    warnings: inReadingOrder([...findings, ...ofScenarios]),
  };
}

async function mapInTurns<T, R>(
  items: ReadonlyMap<string, T>,
  turns: Turns,
  map: (item: T) => R,
): Promise<ReadonlyMap<string, R>> {
  const mapped = new Map<string, R>();
  for (const [name, item] of items) {
    mapped.set(name, map(item));
    await turns.next();
  }
  return mapped;
}

/** Compiles parsed definitions and checks what they say about each other. */
class Linker {
  readonly findings: Finding[] = [];
  readonly #parsed: ParsedDirectory;
  readonly #loadedAt: number;
  readonly #previous: Definitions | undefined;
  readonly #targetReads = new Map<string, TargetReads>();

  constructor(parsed: ParsedDirectory, loadedAt: number, previous: Definitions | undefined) {
    this.#parsed = parsed;
    this.#loadedAt = loadedAt;
    this.#previous = previous;
  }

  source({ file, document }: Parsed<ParsedFile<'sources'>>): LoadedSource {
    const { name } = file.metadata;
    const taken = BUILT_IN_SOURCES.get(name);
    if (taken !== undefined) {
      const remedy = 'Give the Source another name.';
      this.#report(document, [error(['metadata', 'name'], `"${name}" names ${taken}`, remedy)]);
    }
    const { spec } = file;
    if (spec.type !== 'schedule') return { ...headOf(file, document.file), spec };
    const { schedule, problems } = compileSchedule(spec, this.#loadedAt);
    this.#report(document, problems);
    return { ...headOf(file, document.file), spec, ...(schedule && { schedule }) };
  }

  target({ file, document }: Parsed<ParsedFile<'targets'>>): LoadedTarget {
    const { reads, problems } = checkTarget(file.spec);
    this.#targetReads.set(file.metadata.name, reads);
    this.#report(document, problems);
    return { ...headOf(file, document.file), directory: dirname(resolve(document.file)), spec: file.spec };
  }

  /** Triggers come first: a Pool is there for them. */
  pool({ file, document }: Parsed<PoolFile>): LoadedPool {
    const head = headOf(file, document.file);
    const uses = [...this.#parsed.triggers.values()].some((it) => it.file.spec.run.pool === head.name);
    if (!uses) this.#report(document, [warning(['metadata', 'name'], 'no trigger uses this Pool', POOL_REMEDY)]);
    const before = this.#previous?.pools.get(head.name);
    const loadedAt = before?.generation === head.generation ? before.loadedAt : this.#loadedAt;
    return { ...head, loadedAt, spec: file.spec };
  }

  /** Triggers whose events would start each other for ever. */
  cycles(): void {
    const triggers = [...this.#parsed.triggers].map(([name, { file }]) => ({ name, spec: file.spec }));
    for (const [name, problems] of cycleProblems(triggers)) {
      const document = this.#parsed.triggers.get(name)?.document;
      if (document) this.#report(document, problems);
    }
  }

  /** Targets come first: a trigger's runs need what its target reads. */
  trigger({ file, document }: Parsed<TriggerFile>): LoadedTrigger {
    const { spec } = file;
    const head = headOf(file, document.file);
    const compiled = compileTrigger(spec);
    const run = runReads(spec, compiled.runReads, this.#targetsOf(spec));
    const before = this.#previous?.triggers.get(head.name);
    const loadedAt = before?.generation === head.generation ? before.loadedAt : this.#loadedAt;
    const times = compileTimes(spec, loadedAt);
    const probe = compileProbe(spec);
    this.#report(document, [
      ...compiled.problems,
      ...probe.problems,
      ...times.problems,
      ...combinationProblems(spec, times),
      ...run.problems,
      ...runKindProblems(spec),
      ...unheardProblems(spec, (target) => this.#needsCallback(target)),
      ...this.#references(file),
    ]);
    return {
      ...head,
      loadedAt,
      spec,
      definition: definitionOf({ ...head, loadedAt }, spec, times),
      selectors: compiled.selectors,
      dedupeBy: compiled.dedupeBy,
      ...(compiled.identity && { identity: compiled.identity }),
      ...(compiled.order && { order: compiled.order }),
      ...(compiled.amount && { amount: compiled.amount }),
      sizeCounts: spec.batch?.maxBytes !== undefined,
      reads: run.reads,
      calls: callsOf(spec),
      ...(probe.sample && { sample: probe.sample }),
      itemsRead: run.itemsRead,
    };
  }

  #targetsOf(spec: TriggerSpec): CalledTarget[] {
    return calledTargets(spec).flatMap(({ name, path }) => {
      const reads = this.#targetReads.get(name);
      return reads === undefined ? [] : [{ name, path, reads }];
    });
  }

  #needsCallback(target: string): boolean {
    const spec = this.#parsed.targets.get(target)?.file.spec;
    return spec !== undefined && needsCallback(spec);
  }

  #references({ spec }: TriggerFile): Problem[] {
    const { Target: targets, Source: sources, Pool: pools } = this.#parsed.names;
    const { pool } = spec.run;
    const unknown = (kind: string, name: string, path: Problem['path'], names: Iterable<string>): Problem[] => [
      error(path, `${kind} "${name}" is not defined`, `${didYouMean(name, names)}Define kind: ${kind} with this name.`),
    ];
    return [
      ...calledTargets(spec).flatMap(({ name, path }) =>
        targets.has(name) ? [] : unknown('Target', name, path, targets),
      ),
      ...(pool === undefined || pools.has(pool) ? [] : unknown('Pool', pool, ['spec', 'run', 'pool'], pools)),
      ...selectorsOf(spec).flatMap(({ selector: { source }, path }) =>
        source === undefined || BUILT_IN_SOURCES.has(source) || sources.has(source)
          ? []
          : unknown('Source', source, [...path, 'source'], [...sources, ...BUILT_IN_SOURCES.keys()]),
      ),
    ];
  }

  #report(document: { place(problem: Problem): Finding }, problems: readonly Problem[]): void {
    this.findings.push(...problems.map((it) => document.place(it)));
  }
}

/** The targets that a trigger's runs may call, and where it names them. */
function calledTargets(spec: TriggerSpec): Omit<CalledTarget, 'reads'>[] {
  return runCalls(spec).flatMap(({ target, path, namedAt = [...path, 'target'] }) =>
    target === undefined ? [] : [{ name: target, path: namedAt }],
  );
}

/** The same by target. */
function callsOf(spec: TriggerSpec): LoadedTrigger['calls'] {
  const places = new Map<string, string[]>();
  for (const { name, path } of calledTargets(spec)) {
    places.set(name, [...(places.get(name) ?? []), `/${path.slice(1).join('/')}`]);
  }
  return [...places].map(([target, at]) => ({ target, at }));
}

type ParsedFile<Kind extends 'sources' | 'targets'> =
  ParsedDirectory[Kind] extends ReadonlyMap<string, Parsed<infer File>> ? File : never;

type FileHead = {
  readonly metadata: { readonly name: string; readonly labels?: { readonly [name: string]: string } | undefined };
  readonly spec: unknown;
};

function headOf(
  { metadata, spec }: FileHead,
  file: string,
): Pick<LoadedTarget, 'name' | 'file' | 'labels' | 'generation'> {
  const generation = sha256Hex(canonicalJson(asJson(spec))).slice(0, 16);
  return { name: metadata.name, file, labels: metadata.labels ?? {}, generation };
}

/** A parsed spec as plain JSON: members that are undefined are not there. */
function asJson(spec: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(spec));
  return json;
}

function fingerprintOf(
  ...kinds: readonly ReadonlyMap<string, LoadedTarget | LoadedSource | LoadedTrigger | LoadedPool>[]
): string {
  const contents = kinds.map((definitions) =>
    [...definitions.values()]
      .map(({ name, labels, generation }) => ({ name, labels, generation }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  );
  return sha256Hex(canonicalJson(contents));
}
