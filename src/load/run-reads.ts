import type { Reads } from '../match/expression.ts';
import { compileTemplate, mergeReads } from '../match/template.ts';
import type { Json } from '../spec/json.ts';
import { isList, isObject } from '../match/json.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { partProblems, RUN_VARIABLES } from './compile.ts';
import { type Path, type Problem, warning } from './finding.ts';
import { isKeyed, partNames, selectorsOf } from './selectors.ts';
import { LANE_PATH, runTemplates } from './trigger.ts';

/** What a target's strings read, and what of it they fail without. */
export type TargetReads = { readonly all: Reads; readonly needed: Reads };

/** A target that a trigger's runs call, and where the trigger names it. */
export type CalledTarget = { readonly name: string; readonly path: Path; readonly reads: TargetReads };

/** What a run of the trigger needs of its events, given everything it and its targets read. */
export function runReads(
  spec: TriggerSpec,
  own: Reads,
  targets: readonly CalledTarget[],
): { readonly reads: Reads[string]; readonly itemsRead: boolean; readonly problems: readonly Problem[] } {
  const parts = partNames(spec);
  const reads = mergeReads(own, ...targets.map((it) => it.reads.all));
  const items = reads['items'] !== undefined;
  return {
    reads: spec.retain === 'whole' ? 'whole' : ofEvents(reads),
    itemsRead: items && selectorsOf(spec).some(({ selector }) => (selector.collect ?? spec.collect) === undefined),
    problems: [
      ...targets.flatMap(({ name, path, reads: { all } }) =>
        partProblems(all, parts, path).map((it) => ({ ...it, message: `Target "${name}": ${it.message}` })),
      ),
      ...absentProblems(spec, targets),
      ...(items ? [] : unusedCollects(spec)),
    ],
  };
}

function unusedCollects(spec: TriggerSpec): Problem[] {
  const paths: readonly Path[] = [
    ...(spec.collect === undefined ? [] : [['spec', 'collect']]),
    ...selectorsOf(spec).flatMap(({ selector, path }) =>
      selector.collect === undefined ? [] : [[...path, 'collect']],
    ),
  ];
  return paths.map((path) =>
    warning(path, 'is kept for `items`, which nothing reads', 'Use items in params, or remove it.'),
  );
}

/** An event is kept as `event` and as its part: the paths read of either. */
function ofEvents(reads: Reads): Reads[string] {
  const { parts = [] } = reads;
  if (parts === 'whole') return 'whole';
  const asPart = parts.map(([, ...path]): Reads => ({ event: path.length === 0 ? 'whole' : [path] }));
  return mergeReads({ event: reads['event'] ?? [] }, ...asPart)['event'] ?? [];
}

const KEY_REMEDY = 'Use scope: key with the keys to watch, or look at run.cause first.';

/** What a run may have to do without: event and key after a fallback, a part where a deadline fires. */
function absentProblems(spec: TriggerSpec, targets: readonly CalledTarget[]): Problem[] {
  const { fallback, events } = spec;
  const firesIncomplete = 'all' in events && events.onDeadline === 'fire';
  if (fallback === undefined && !firesIncomplete) return [];
  const causes = [...(fallback ? ['fallback'] : []), ...(firesIncomplete ? ['deadline'] : [])];
  const defaultKeyed = fallback?.scope === 'trigger' && isKeyed(spec);
  const remedy = 'Write { $value, $default }, or look at run.cause first; a run fired by hand has no event either.';
  const told = (needed: Reads, path: Path, who: string): Problem[] => [
    ...(fallback && needed['event'] !== undefined
      ? [warning(path, `${who}event, which is absent when run.cause is fallback`, remedy)]
      : []),
    ...(defaultKeyed && needed['key'] !== undefined
      ? [warning(path, `${who}key, which is "default" when run.cause is fallback`, KEY_REMEDY)]
      : []),
    ...(needed['parts'] === undefined
      ? []
      : [warning(path, `${who}parts, which may be absent when run.cause is ${causes.join(' or ')}`, remedy)]),
  ];
  return [
    ...runTemplates(spec).flatMap(({ json, path }) =>
      Object.entries(isObject(json) ? json : {}).flatMap(([name, value]) =>
        told(neededReads(value), [...path, name], 'reads '),
      ),
    ),
    ...(spec.run.lane === undefined ? [] : told(neededReads(spec.run.lane), LANE_PATH, 'reads ')),
    ...targets.flatMap(({ name, path, reads: { needed } }) => told(needed, path, `Target "${name}" reads `)),
  ];
}

/** What a template fails without: what it reads outside `{ $value, $default }`, unless it looks before it reads. */
export function neededReads(json: Json): Reads {
  const compiled = compileTemplate(withoutDefaulted(json), RUN_VARIABLES);
  if (!compiled.ok) return {};
  const { event, parts, key, run = [] } = compiled.template.reads;
  if (run === 'whole' || run.some(([member]) => member === 'cause')) return {};
  const looks = JSON.stringify(json).includes('has(parts.');
  return { ...(event && { event }), ...(key && { key }), ...(parts && !looks && { parts }) };
}

/** The template with the default in place of each `{ $value, $default }`. */
function withoutDefaulted(json: Json): Json {
  if (isList(json)) return json.map(withoutDefaulted);
  if (!isObject(json)) return json;
  const { $value, $default } = json;
  if ($value !== undefined && $default !== undefined) return withoutDefaulted($default);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, withoutDefaulted(value)]));
}
