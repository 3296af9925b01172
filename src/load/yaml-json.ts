import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';

import type { Json } from '../spec/json.ts';
import type { Path } from './finding.ts';

/** Most values of one document with every alias written out: far above any real definition, far below harm. */
const DOCUMENT_MAX_VALUES = 50_000;
/** Deepest nesting of a document: events end at depth 32, so nothing deeper can be meant. */
export const DOCUMENT_MAX_DEPTH = 64;

/** A whole number with all its digits, which must not be rounded; 1e300 is meant as it is. */
const WRITTEN_OUT = /^[-+]?(\d+|0x[0-9a-f]+|0o[0-7]+)$/i;

/** What is wrong with a node, by its offset in the file's text and its path in the document. */
export type NodeProblem = {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
};

/** Offset of a node's first character. */
export function offsetOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}

/**
 * Turns one YAML document into plain JSON, within limits that hold for aliases too. What JSON cannot say, or what reads
 * differently elsewhere (duplicate and non-text keys, merge keys, NaN), is a problem.
 */
export class JsonReader {
  readonly problems: NodeProblem[] = [];
  readonly #anchors = new Map<string, Node>();
  /** What each alias stood for where it was written: an anchor's name may be given again further down. */
  readonly #targets = new Map<Alias, Node | undefined>();
  readonly #open = new Set<Node>();
  readonly #path: (string | number)[] = [];
  #values = 0;

  /** The JSON of the document; meaningless when there are problems. */
  read(document: Document.Parsed): Json {
    return document.contents === null ? null : this.#node(document.contents);
  }

  /** What an alias stands for; any other node is itself. */
  target(node: unknown): unknown {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  #problem(node: unknown, message: string, remedy: string): null {
    this.problems.push({ offset: offsetOf(node), path: [...this.#path], message, remedy });
    return null;
  }

  #node(node: unknown): Json {
    this.#values += 1;
    if (this.#values === DOCUMENT_MAX_VALUES + 1) {
      const message = `holds more than ${DOCUMENT_MAX_VALUES} values, aliases written out`;
      return this.#problem(node, message, 'Use fewer aliases; define one thing a document.');
    }
    if (this.#values > DOCUMENT_MAX_VALUES) return null;
    if (isAlias(node)) return this.#alias(node);
    if (isScalar(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      return this.#scalar(node);
    }
    if (isMap(node) || isSeq(node)) {
      if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      if (this.#open.size >= DOCUMENT_MAX_DEPTH) {
        return this.#problem(node, `is nested deeper than ${DOCUMENT_MAX_DEPTH}`, 'Flatten it.');
      }
      this.#open.add(node);
      const value = isMap(node) ? this.#map(node) : node.items.map((item, index) => this.#child(index, item));
      this.#open.delete(node);
      return value;
    }
    return null;
  }

  #child(segment: string | number, node: unknown): Json {
    this.#path.push(segment);
    const json = this.#node(node);
    this.#path.pop();
    return json;
  }

  #alias(alias: Alias): Json {
    if (!this.#targets.has(alias)) this.#targets.set(alias, this.#anchors.get(alias.source));
    const target = this.#targets.get(alias);
    if (target === undefined) {
      return this.#problem(alias, `*${alias.source} stands for nothing`, `Put &${alias.source} on an earlier value.`);
    }
    if (this.#open.has(target)) {
      return this.#problem(alias, `*${alias.source} contains itself`, 'Write the value out: definitions are trees.');
    }
    return this.#node(target);
  }

  #scalar(node: Scalar): Json {
    const { value, source = '' } = node;
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      return this.#problem(node, 'is not a value JSON has', 'Use text, a finite number, true, false or null.');
    }
    if (WRITTEN_OUT.test(source) && !Number.isSafeInteger(value)) {
      return this.#problem(node, 'is a whole number beyond 2^53, which would be rounded', 'Write it as quoted text.');
    }
    return value;
  }

  #map(map: YAMLMap): Json {
    const seen = new Map<string, unknown>();
    const members: [string, Json][] = [];
    for (const pair of map.items) {
      const key = this.#key(pair, map);
      if (key === undefined) continue;
      if (seen.has(key)) this.#problem(pair.key, `"${key}" stands twice here`, 'Keep one of the two.');
      seen.set(key, pair.key);
      members.push([key, this.#child(key, pair.value)]);
    }
    return Object.fromEntries(members);
  }

  #key({ key }: Pair, map: YAMLMap): string | undefined {
    const name = isScalar(key) ? key.value : key;
    const problem = (message: string, remedy: string): undefined => {
      this.#problem(isScalar(key) || isAlias(key) ? key : map, message, remedy);
      return undefined;
    };
    if (typeof name !== 'string') return problem('has a field name that is not text', 'Put the name in quotes.');
    if (name === '__proto__') return problem('has a field named __proto__', 'Give it another name.');
    if (name === '<<') return problem('has a merge key (<<), which YAML 1.2 does not know', 'Write the fields out.');
    return name;
  }
}
