import type { Json, JsonObject } from '../spec/json.ts';
import type { Reads } from './expression.ts';
import { isObject, member, objectOf } from './json.ts';

type Paths = readonly (readonly string[])[];

/** The paths to keep as a tree; an empty one keeps everything below. */
type Kept = Map<string, Kept>;

/** Reads are compiled once and used for every event. */
const trees = new WeakMap<Paths, Kept>();

/**
 * Keeps of an event only the paths an expression reads, so that evaluating over what is left gives the same. A list on a
 * path is kept whole, `whole` keeps the event as it is, undefined keeps nothing.
 */
export function pruneTo(event: JsonObject, reads: Reads[string] | undefined): JsonObject {
  if (reads === undefined) return {};
  if (reads === 'whole') return event;
  const tree = trees.get(reads) ?? treeOf(reads);
  trees.set(reads, tree);
  return pruneObject(event, tree);
}

function treeOf(paths: Paths): Kept {
  const root: Kept = new Map();
  for (const path of withoutCovered(paths)) {
    let node = root;
    for (const name of path) {
      const child: Kept = node.get(name) ?? new Map();
      node.set(name, child);
      node = child;
    }
  }
  return root;
}

/** The paths that no shorter one among them already covers, each once, in the order they came. */
export function withoutCovered(paths: Paths): Paths {
  const all = new Set(paths.map((path) => JSON.stringify(path)));
  const unique = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
  return unique.filter((path) => !path.some((_, length) => all.has(JSON.stringify(path.slice(0, length)))));
}

function pruneObject(object: JsonObject, tree: Kept): JsonObject {
  const entries: [string, Json][] = [];
  for (const [name, below] of tree) {
    const value = member(object, name);
    if (value !== undefined)
      entries.push([name, below.size > 0 && isObject(value) ? pruneObject(value, below) : value]);
  }
  return objectOf(entries);
}
