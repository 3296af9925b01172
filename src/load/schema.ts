import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { poolFile } from '../spec/pool.ts';
import { scenarioFile } from '../spec/scenario.ts';
import { sourceFile } from '../spec/source.ts';
import { targetFile } from '../spec/target.ts';
import { triggerFile } from '../spec/trigger.ts';

/** Every kind of definition with the schema of its documents. */
export const DEFINITION_KINDS = {
  Trigger: triggerFile,
  Target: targetFile,
  Source: sourceFile,
  Pool: poolFile,
  Scenario: scenarioFile,
} as const;

export type DefinitionKind = keyof typeof DEFINITION_KINDS;

/** Whether a text names a kind of definition. */
export function isDefinitionKind(text: string): text is DefinitionKind {
  return Object.hasOwn(DEFINITION_KINDS, text);
}

/**
 * JSON Schemas (draft 2020-12) of what a person writes, by file name: one for each kind, and `definition.json` for
 * files that mix them. What only a program can check (expressions, references) is not in them.
 */
export function jsonSchemas(): { [fileName: string]: object } {
  const schemaOf = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return {
    'trigger.json': schemaOf(triggerFile),
    'target.json': schemaOf(targetFile),
    'source.json': schemaOf(sourceFile),
    'pool.json': schemaOf(poolFile),
    'scenario.json': schemaOf(scenarioFile),
    'definition.json': schemaOf(z.union(Object.values(DEFINITION_KINDS)).meta({ title: 'Signalbox definition' })),
  };
}

/** The text of a schema file: stable, so that a difference is a difference in meaning. */
export function schemaText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Writes every schema into the directory, which is made where it is missing, and returns the file names. */
export async function writeSchemas(directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const schemas = Object.entries(jsonSchemas());
  await Promise.all(schemas.map(([name, schema]) => writeFile(join(directory, name), schemaText(schema))));
  return schemas.map(([name]) => name);
}
