import { Composer, type CST, type Document, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';

import { pointerTo } from '../match/json.ts';
import type { Json } from '../spec/json.ts';
import { type Finding, type Path, type Problem } from './finding.ts';
import type { Turns } from './turns.ts';
import { DOCUMENT_MAX_DEPTH, JsonReader, offsetOf } from './yaml-json.ts';

/** One YAML document of a file, as JSON that knows where each part stands. */
export type YamlDocument = {
  readonly file: string;
  readonly json: Json;
  /** Places a problem: at the value its path names, else at the nearest field above that exists. */
  place(problem: Problem): Finding;
};

/** The documents of a file that could be read, and what is wrong with the others. Empty documents are left out. */
export type FileDocuments = { readonly documents: readonly YamlDocument[]; readonly findings: readonly Finding[] };

/** Where a path leads: the value there, or how far it got. */
function offsetAt({ path, atName }: Problem, root: unknown, reader: JsonReader): number {
  let node = reader.target(root);
  let fieldOffset = offsetOf(node);
  for (const segment of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(segment));
      if (pair === undefined) return fieldOffset;
      fieldOffset = offsetOf(pair.key);
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(segment)];
      if (next === undefined) return fieldOffset;
      fieldOffset = offsetOf(next);
    } else return fieldOffset;
    node = reader.target(next);
  }
  return isScalar(node) && atName !== true ? offsetOf(node) : fieldOffset;
}

/** Documents are YAML 1.2 with the core types, whatever a %YAML line says; nothing depends on a reader's extensions. */
const YAML_OPTIONS = {
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** The offset of the first collection below the deepest level allowed. Walks without recursion, as parsing did. */
function tooDeepAt(document: CST.Token): number | undefined {
  let level = [document];
  for (let depth = 0; level.length > 0; depth++) {
    const [first] = level;
    if (depth > DOCUMENT_MAX_DEPTH && first !== undefined) return first.offset;
    level = level.flatMap(childrenOf).filter(({ type }) => COLLECTIONS.has(type));
  }
  return undefined;
}

const COLLECTIONS = new Set<CST.Token['type']>(['block-map', 'block-seq', 'flow-collection']);

function childrenOf(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value].filter((it) => it !== undefined && it !== null));
}

/** Reads the YAML text of a file, in turns. Never throws for what the text holds. */
export async function readDocuments(file: string, text: string, turns: Turns): Promise<FileDocuments> {
  const lineCounter = new LineCounter();
  const finding: Place = (offset, path, { severity, message, remedy }) => {
    const { line, col } = lineCounter.linePos(offset);
    const pointer = path.reduce<string>(pointerTo, '');
    return { severity, file, line: Math.max(line, 1), column: Math.max(col, 1), path: pointer, message, remedy };
  };
  const tokens: CST.Token[] = [];
  for (const token of new Parser(lineCounter.addNewLine).parse(text)) {
    // Composing descends by recursion, and a stack that runs out there can end the process.
    const deep = tooDeepAt(token);
    if (deep !== undefined) {
      const message = `is nested deeper than ${DOCUMENT_MAX_DEPTH}`;
      return { documents: [], findings: [finding(deep, [], { severity: 'error', message, remedy: 'Flatten it.' })] };
    }
    tokens.push(token);
    await turns.next();
  }
  const documents: YamlDocument[] = [];
  const findings: Finding[] = [];
  for (const composed of new Composer({ ...YAML_OPTIONS }).compose(tokens)) {
    const { document, problems } = readDocument(file, composed, finding);
    findings.push(...problems);
    if (document !== undefined) documents.push(document);
    await turns.next();
  }
  return { documents, findings };
}

type Place = (offset: number, path: Path, problem: Omit<Problem, 'path'>) => Finding;

function readDocument(
  file: string,
  composed: Document.Parsed,
  finding: Place,
): { readonly document?: YamlDocument; readonly problems: readonly Finding[] } {
  // What follows the first syntax error is mostly its consequence.
  const broken = [...composed.errors.slice(0, 1), ...composed.warnings];
  if (broken.length > 0) {
    const remedy = 'Correct the syntax.';
    const problem = (message: string) =>
      ({ severity: 'error', message: `is not valid YAML: ${message}`, remedy }) as const;
    return { problems: broken.map(({ pos, message }) => finding(pos[0], [], problem(message))) };
  }
  const reader = new JsonReader();
  const json = reader.read(composed);
  const problems = reader.problems.map(({ offset, path, ...it }) =>
    finding(offset, path, { severity: 'error', ...it }),
  );
  if (json === null || problems.length > 0) return { problems };
  const place = (it: Problem): Finding => finding(offsetAt(it, composed.contents, reader), it.path, it);
  return { document: { file, json, place }, problems };
}
