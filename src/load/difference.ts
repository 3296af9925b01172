import { canonicalJson } from '../match/canonical.ts';
import { isList, isObject, member } from '../match/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { Definitions, LoadedPool, LoadedSource, LoadedTarget, LoadedTrigger } from './definitions.ts';

/** One field that differs, as it was written; absent where that side does not have it. */
export type FieldChange = {
  /** Dotted, from the document's root: `spec.debounce.quiet`. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
};

/** One definition that differs between two sets. */
export type Difference = {
  readonly kind: 'Trigger' | 'Target' | 'Source' | 'Pool';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Generations; absent where that side does not have it. */
  readonly before?: string;
  readonly after?: string;
  /** A definition of the other side that is the same but for its name. */
  readonly renamed?: string;
  readonly fields: readonly FieldChange[];
};

type Loaded = LoadedTrigger | LoadedTarget | LoadedSource | LoadedPool;
type Kind = Difference['kind'];

/** What changes from one set of definitions to another: triggers first, then what they use, by name. */
export function differencesOf(before: Definitions, after: Definitions): readonly Difference[] {
  const [old, young] = [indexOf(before), indexOf(after)];
  return [
    ...ofKind('Trigger', [old, before.triggers], [young, after.triggers]),
    ...ofKind('Target', [old, before.targets], [young, after.targets]),
    ...ofKind('Source', [old, before.sources], [young, after.sources]),
    ...ofKind('Pool', [old, before.pools], [young, after.pools]),
  ];
}

type Side = readonly [ReadonlyMap<string, JsonObject>, ReadonlyMap<string, Loaded>];

function ofKind(kind: Kind, [before, old]: Side, [after, young]: Side): readonly Difference[] {
  const names = [...new Set([...old.keys(), ...young.keys()])].toSorted();
  return names.flatMap((name): readonly Difference[] => {
    const [was, is] = [old.get(name), young.get(name)];
    if (was && is) {
      const fields = fieldChanges(before.get(keyOf(kind, name)) ?? {}, after.get(keyOf(kind, name)) ?? {}, [
        was.spec,
        is.spec,
      ]);
      if (was.generation === is.generation && fields.length === 0) return [];
      return [{ kind, name, change: 'changed', before: was.generation, after: is.generation, fields }];
    }
    if (is) {
      const renamed = twin(is, old, young);
      return [{ kind, name, change: 'added', after: is.generation, ...(renamed && { renamed }), fields: [] }];
    }
    const renamed = was && twin(was, young, old);
    return [
      {
        kind,
        name,
        change: 'removed',
        ...(was && { before: was.generation }),
        ...(renamed && { renamed }),
        fields: [],
      },
    ];
  });
}

/** The name of a definition with the same contents that only the other side has. */
function twin(
  { generation }: Loaded,
  others: ReadonlyMap<string, Loaded>,
  own: ReadonlyMap<string, Loaded>,
): string | undefined {
  return [...others.values()].find((one) => one.generation === generation && !own.has(one.name))?.name;
}

/** The documents by kind and name. */
function indexOf({ written }: Definitions): ReadonlyMap<string, JsonObject> {
  return new Map(written.map((document) => [keyOf(document['kind'], at(document, ['metadata', 'name'])), document]));
}

function keyOf(kind: Json | undefined, name: Json | undefined): string {
  return JSON.stringify([kind ?? null, name ?? null]);
}

/** Fields that differ as written and do not come to the same: `60s` is `1m`, and a default may be written out. */
function fieldChanges(
  before: JsonObject,
  after: JsonObject,
  [was, is]: readonly [Loaded['spec'], Loaded['spec']],
): readonly FieldChange[] {
  const [old, young] = [leavesOf(before), leavesOf(after)];
  const parsed = [plain({ spec: was }), plain({ spec: is })] as const;
  const paths = [...new Set([...old.keys(), ...young.keys()])];
  return paths.flatMap((path): readonly FieldChange[] => {
    const [a, b] = [old.get(path), young.get(path)];
    if (a !== undefined && b !== undefined && canonicalJson(a.value) === canonicalJson(b.value)) return [];
    const names = (a ?? b)?.names ?? [];
    const [meantBefore, meantAfter] = parsed.map((spec) => at(spec, names));
    if (
      meantBefore !== undefined &&
      meantAfter !== undefined &&
      canonicalJson(meantBefore) === canonicalJson(meantAfter)
    ) {
      return [];
    }
    const shownBefore = a?.value ?? meantBefore;
    const shownAfter = b?.value ?? meantAfter;
    return [
      {
        path,
        ...(shownBefore !== undefined && { before: shownBefore }),
        ...(shownAfter !== undefined && { after: shownAfter }),
      },
    ];
  });
}

type Leaf = { readonly names: readonly string[]; readonly value: Json };

/** Every value that is no object, by its dotted path; a list is one value unless it lists objects outside a pattern. */
function leavesOf(document: JsonObject): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const visit = (value: Json, names: readonly string[]): void => {
    const isOpen =
      isList(value) && value.length > 0 && value.every((item) => isObject(item)) && !names.includes('pattern');
    if (isObject(value)) for (const [name, item] of Object.entries(value)) visit(item, [...names, name]);
    else if (isOpen) for (const [index, item] of value.entries()) visit(item, [...names, String(index)]);
    else leaves.set(names.join('.'), { names, value });
  };
  visit(document, []);
  return leaves;
}

function at(json: Json, names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((value, name) => {
    if (isList(value)) return value[Number(name)];
    return isObject(value) ? member(value, name) : undefined;
  }, json);
}

function plain(value: object): JsonObject {
  const json: JsonObject = JSON.parse(JSON.stringify(value));
  return json;
}
