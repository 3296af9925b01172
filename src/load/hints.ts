import { z } from 'zod';

import type { Path } from './finding.ts';
import { DEFINITION_KINDS, type DefinitionKind } from './schema.ts';

type Schema = z.core.JSONSchema.BaseSchema;

const roots: { readonly [kind in DefinitionKind]: () => Schema } = {
  Trigger: once(() => z.toJSONSchema(DEFINITION_KINDS.Trigger, { io: 'input' })),
  Target: once(() => z.toJSONSchema(DEFINITION_KINDS.Target, { io: 'input' })),
  Source: once(() => z.toJSONSchema(DEFINITION_KINDS.Source, { io: 'input' })),
  Pool: once(() => z.toJSONSchema(DEFINITION_KINDS.Pool, { io: 'input' })),
  Scenario: once(() => z.toJSONSchema(DEFINITION_KINDS.Scenario, { io: 'input' })),
};

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The schema with references followed and alternatives laid side by side. */
function alternatives(schema: Schema | boolean | undefined, root: Schema): Schema[] {
  if (typeof schema !== 'object') return [];
  const { $ref, anyOf, oneOf = anyOf, ...own } = schema;
  if ($ref !== undefined) {
    const target = root.$defs?.[$ref.replace('#/$defs/', '')];
    return alternatives(target, root).map((it) => ({ ...it, ...own }));
  }
  return oneOf === undefined ? [schema] : oneOf.flatMap((it) => alternatives(it, root));
}

function step(schema: Schema, segment: string | number, root: Schema): Schema[] {
  const named = schema.properties?.[segment];
  if (named !== undefined) return alternatives(named, root);
  if (typeof segment === 'number') return Array.isArray(schema.items) ? [] : alternatives(schema.items, root);
  return alternatives(schema.additionalProperties, root);
}

function schemasAt(kind: DefinitionKind, path: Path): Schema[] {
  const root = roots[kind]();
  return path.reduce<Schema[]>(
    (schemas, segment) => schemas.flatMap((schema) => step(schema, segment, root)),
    alternatives(root, root),
  );
}

/** The field names allowed together at a place: one set for each alternative the schema has there. */
export function fieldSetsAt(kind: DefinitionKind, path: Path): ReadonlySet<string>[] {
  return schemasAt(kind, path)
    .filter((schema) => schema.properties !== undefined)
    .map((schema) => new Set(Object.keys(schema.properties ?? {})));
}

/** ` For example: …` for a place whose schema has an example, else nothing. */
export function exampleAt(kind: DefinitionKind, path: Path): string {
  const [example] = schemasAt(kind, path).flatMap((schema) => schema.examples ?? []);
  if (example === undefined) return '';
  return ` For example: ${typeof example === 'string' ? example : JSON.stringify(example)}.`;
}
