import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { jsonSchemas, schemaText, writeSchemas } from '../../src/load/schema.ts';

const docs = new URL('../../docs/schema/', import.meta.url);

/** Every member of `properties` in a schema that has neither a description of its own nor one behind its reference. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    const here = `${path}/${name}`;
    const bare =
      path.endsWith('/properties') &&
      typeof value === 'object' &&
      value !== null &&
      !Object.hasOwn(value, 'description');
    return [...(bare ? [here] : []), ...undescribed(value, here)];
  });
}

describe('JSON Schema of definition files', () => {
  it.each(Object.entries(jsonSchemas()))('docs/schema/%s is what the schemas generate', async (name, schema) => {
    expect(await readFile(new URL(name, docs), 'utf8'), 'run `npm run generate`').toBe(schemaText(schema));
  });

  it('holds nothing but the generated files', async () => {
    expect((await readdir(docs)).toSorted()).toEqual(Object.keys(jsonSchemas()).toSorted());
  });

  it.each(Object.entries(jsonSchemas()))('describes every field of %s', (_name, schema) => {
    expect(undescribed(schema, '')).toEqual([]);
  });

  it('writes durations as people write them, not as milliseconds', () => {
    const text = JSON.stringify(jsonSchemas()['trigger.json']);
    expect(text).toContain('"default":"24h"');
    expect(text).not.toContain('86400000');
  });

  it('writes the files into a new directory', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-schema-'));
    const names = await writeSchemas(join(directory, 'deep', 'schema'));
    expect((await readdir(join(directory, 'deep', 'schema'))).toSorted()).toEqual(names.toSorted());
    await rm(directory, { recursive: true });
  });
});
