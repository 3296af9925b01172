import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, resolve } from 'node:path';

/** What became of the search for a program. */
type FoundProgram =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly why: 'noDirectory' | 'notFound' | 'notExecutable' };

/**
 * Finds what starting `command` in `directory` would run, without running it: a name is looked for in the folders of
 * `path`, anything with a slash is itself a path, relative to `directory`.
 */
export async function findProgram(command: string, directory: string, path: string): Promise<FoundProgram> {
  const place = await stat(directory).catch(() => undefined);
  if (!place?.isDirectory()) return { ok: false, why: 'noDirectory' };
  const folders = command.includes('/') || isAbsolute(command) ? ['.'] : path.split(delimiter);
  let isThere = false;
  for (const folder of folders) {
    const candidate = resolve(directory, folder, command);
    const file = await stat(candidate).catch(() => undefined);
    if (!file?.isFile()) continue;
    isThere = true;
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return { ok: true, path: candidate };
  }
  return { ok: false, why: isThere ? 'notExecutable' : 'notFound' };
}
