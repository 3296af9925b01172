import { isObject } from '../match/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { PoolFile } from '../spec/pool.ts';
import type { ScenarioFile } from '../spec/scenario.ts';
import type { SourceFile } from '../spec/source.ts';
import type { TargetFile } from '../spec/target.ts';
import type { TriggerFile } from '../spec/trigger.ts';
import { readDocuments, type YamlDocument } from './document.ts';
import { listFiles, readText } from './files.ts';
import { error, type Finding, type Problem } from './finding.ts';
import { IssueReader } from './issues.ts';
import { didYouMean } from './nearest.ts';
import { DEFINITION_KINDS, type DefinitionKind, isDefinitionKind } from './schema.ts';
import type { Turns } from './turns.ts';

/** One definition that fits its schema, with the document it stands in. */
export type Parsed<File> = { readonly file: File; readonly document: YamlDocument };

/** Every definition below a directory, by kind and name, before anything is compiled or checked against the others. */
export type ParsedDirectory = {
  readonly triggers: ReadonlyMap<string, Parsed<TriggerFile>>;
  readonly targets: ReadonlyMap<string, Parsed<TargetFile>>;
  readonly sources: ReadonlyMap<string, Parsed<SourceFile>>;
  readonly pools: ReadonlyMap<string, Parsed<PoolFile>>;
  readonly scenarios: readonly Parsed<ScenarioFile>[];
  /** Names of each kind, those of definitions with errors too, so that one mistake is not reported again elsewhere. */
  readonly names: { readonly [kind in DefinitionKind]: ReadonlySet<string> };
  readonly findings: readonly Finding[];
  /** About Scenario documents: what is wrong with a test says nothing against the definitions beside it. */
  readonly scenarioFindings: readonly Finding[];
};

class Parser {
  readonly triggers = new Map<string, Parsed<TriggerFile>>();
  readonly targets = new Map<string, Parsed<TargetFile>>();
  readonly sources = new Map<string, Parsed<SourceFile>>();
  readonly pools = new Map<string, Parsed<PoolFile>>();
  readonly scenarios: Parsed<ScenarioFile>[] = [];
  readonly names = {
    Trigger: new Set<string>(),
    Target: new Set<string>(),
    Source: new Set<string>(),
    Pool: new Set<string>(),
    Scenario: new Set<string>(),
  };
  readonly findings: Finding[] = [];
  readonly scenarioFindings: Finding[] = [];
  readonly #places = new Map<string, Finding>();

  document(document: YamlDocument): void {
    const { json } = document;
    const kind = this.#kindOf(json, document);
    if (kind === undefined) return;
    const name = nameOf(json);
    if (name !== undefined) {
      this.#claim(kind, name, document);
      this.names[kind].add(name);
    }
    this.#parse(kind, json, document);
  }

  #report(document: YamlDocument, problems: readonly Problem[], kind?: DefinitionKind): void {
    this.#findingsOf(kind).push(...problems.map((it) => document.place(it)));
  }

  #findingsOf(kind: DefinitionKind | undefined): Finding[] {
    return kind === 'Scenario' ? this.scenarioFindings : this.findings;
  }

  #kindOf(json: Json, document: YamlDocument): DefinitionKind | undefined {
    const kinds = Object.keys(DEFINITION_KINDS);
    const remedy = `Write one of ${kinds.map((it) => `kind: ${it}`).join(', ')}.`;
    if (!isObject(json)) {
      this.#report(document, [error([], 'is not a definition', 'Begin with apiVersion: signalbox/v1 and kind.')]);
      return undefined;
    }
    const kind = Object.hasOwn(json, 'kind') ? json['kind'] : undefined;
    if (typeof kind === 'string' && isDefinitionKind(kind)) return kind;
    const guess = typeof kind === 'string' ? didYouMean(kind, kinds) : '';
    const message = kind === undefined ? 'required field "kind" is missing' : `unknown kind ${JSON.stringify(kind)}`;
    this.#report(document, [error(['kind'], message, `${guess}${remedy}`)]);
    return undefined;
  }

  /** Names are unique within a kind; both places are named. */
  #claim(kind: DefinitionKind, name: string, document: YamlDocument): void {
    const key = `${kind}/${name}`;
    const other = this.#places.get(key);
    const at = (message: string): Finding =>
      document.place(error(['metadata', 'name'], message, 'Rename or remove one of the two.'));
    if (other === undefined) {
      this.#places.set(key, at(''));
      return;
    }
    this.#findingsOf(kind).push(at(`${kind} "${name}" is defined already at ${other.file}:${other.line}`));
  }

  #parse(kind: DefinitionKind, json: Json, document: YamlDocument): void {
    const parsed = DEFINITION_KINDS[kind].safeParse(json);
    if (!parsed.success) {
      this.#report(document, new IssueReader(kind, json).problems(parsed.error.issues), kind);
      return;
    }
    const file = parsed.data;
    switch (file.kind) {
      case 'Trigger':
        this.triggers.set(file.metadata.name, { file, document });
        return;
      case 'Target':
        this.targets.set(file.metadata.name, { file, document });
        return;
      case 'Source':
        this.sources.set(file.metadata.name, { file, document });
        return;
      case 'Pool':
        this.pools.set(file.metadata.name, { file, document });
        return;
      case 'Scenario':
        this.scenarios.push({ file, document });
    }
  }
}

function nameOf(json: Json): string | undefined {
  const metadata = isObject(json) ? json['metadata'] : undefined;
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** Reads every definition file below a directory, in turns. */
export async function parseDirectory(directory: string, turns: Turns): Promise<ParsedDirectory> {
  const parser = new Parser();
  const { files, findings } = await listFiles(directory);
  parser.findings.push(...findings);
  for (const listed of files) {
    const text = await readText(listed);
    if (typeof text === 'string') await parseText(parser, listed.file, text, turns);
    else parser.findings.push(text);
  }
  return parser;
}

/** Reads documents that stand in no file; findings name them by their place in the list. */
export async function parseWritten(documents: readonly JsonObject[], turns: Turns): Promise<ParsedDirectory> {
  const parser = new Parser();
  for (const [index, document] of documents.entries()) {
    await parseText(parser, `document ${index + 1}`, JSON.stringify(document), turns);
  }
  return parser;
}

async function parseText(parser: Parser, file: string, text: string, turns: Turns): Promise<void> {
  const read = await readDocuments(file, text, turns);
  parser.findings.push(...read.findings);
  for (const document of read.documents) {
    parser.document(document);
    await turns.next();
  }
}
