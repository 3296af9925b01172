import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { writeSchemas } from '../load/schema.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { errorsPage, metricsPage } from './generated-pages.ts';
import { tell } from './output.ts';

/** Pages of docs that come from tables of the sources, by file name. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'metrics.md': metricsPage,
};

/** Writes everything in docs that is generated. */
export async function generate(directory: string): Promise<ExitCode> {
  await mkdir(directory, { recursive: true });
  const schemas = await writeSchemas(join(directory, 'schema'));
  for (const [name, page] of Object.entries(GENERATED_PAGES)) await writeFile(join(directory, name), page());
  for (const name of [...schemas.map((schema) => join('schema', schema)), ...Object.keys(GENERATED_PAGES)]) {
    tell(`wrote ${join(directory, name)}`);
  }
  return EXIT.fine;
}
