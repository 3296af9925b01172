import type { Json, JsonObject } from '../spec/json.ts';
import { isList, isObject } from './json.ts';
import type { Scalar } from './matcher.ts';

/** Lists and objects nested deeper than this are not followed: far above what ingress lets in. */
const NESTING_MAX = 256;

/**
 * The list elements a value lies in, as (list number, index) pairs one after the other. Elements that are themselves
 * values add none: `["x", "y"]` are two values of one field.
 */
export type Membership = readonly number[];

/** A value of the event at one of the pattern's paths. */
export type Leaf = { readonly value: Scalar; readonly membership: Membership };

/** The paths of a pattern, arranged for one walk over an event. */
export type PathTree = { readonly children: Map<string, PathTree>; leaf: number | undefined };

/** Arranges dotted paths; `leaf` is the place in `paths`. */
export function pathTree(paths: readonly string[]): PathTree {
  const root: PathTree = { children: new Map(), leaf: undefined };
  for (const [place, path] of paths.entries()) {
    let node = root;
    for (const segment of path.split('.')) {
      const child = node.children.get(segment) ?? { children: new Map(), leaf: undefined };
      node.children.set(segment, child);
      node = child;
    }
    node.leaf = place;
  }
  return root;
}

/**
 * The values an event has at the paths of the tree, by place. Nested lists are flattened, dots inside member names count
 * as path separators. Undefined when the event nests too deep to be walked.
 */
export function flatten(
  event: JsonObject,
  tree: PathTree,
  pathCount: number,
): readonly (readonly Leaf[])[] | undefined {
  const leaves: Leaf[][] = Array.from({ length: pathCount }, () => []);
  let lists = 0;

  function visit(value: Json, node: PathTree, membership: Membership, depth: number): boolean {
    if (depth > NESTING_MAX) return false;
    if (isList(value)) {
      const list = lists;
      lists += 1;
      return value.every((item, index) =>
        typeof item === 'object' && item !== null
          ? visit(item, node, [...membership, list, index], depth + 1)
          : visit(item, node, membership, depth + 1),
      );
    }
    if (isObject(value)) {
      return (
        node.children.size === 0 ||
        Object.keys(value).every((name) => {
          const child = descend(node, name);
          return child === undefined || visit(value[name] ?? null, child, membership, depth + 1);
        })
      );
    }
    if (node.leaf !== undefined) leaves[node.leaf]?.push({ value, membership });
    return true;
  }

  return visit(event, tree, [], 0) ? leaves : undefined;
}

function descend(node: PathTree, name: string): PathTree | undefined {
  if (!name.includes('.')) return node.children.get(name);
  let child: PathTree | undefined = node;
  for (const segment of name.split('.')) child = child?.children.get(segment);
  return child;
}
