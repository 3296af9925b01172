import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { readSettings } from '../../../src/settings.ts';

const run = promisify(execFile);

/** How long the packages of one server may take to come. */
const INSTALL_MAX_MS = 900_000;

export type Installed = { readonly ok: true; readonly bin: string } | { readonly ok: false; readonly reason: string };

/**
 * Installs Python packages into an environment of their own in the cache, once. `bin` is the folder of its programs;
 * `reason` says why there is none on this machine.
 */
export async function installPython(name: string, requirements: readonly string[]): Promise<Installed> {
  const settings = readSettings();
  if (!settings.ok) return { ok: false, reason: settings.findings.map(({ message }) => message).join('; ') };
  const folder = join(settings.settings.cacheDirectory, 'integration', name);
  const bin = join(folder, 'bin');
  const done = join(folder, '.ready');
  if (existsSync(done)) return { ok: true, bin };
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', folder]);
    const options = ['--quiet', '--disable-pip-version-check', '--no-cache-dir'];
    await run(join(bin, 'pip'), ['install', ...options, ...requirements], { timeout: INSTALL_MAX_MS });
    await writeFile(done, '');
    return { ok: true, bin };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `${requirements.join(' ')} could not be installed: ${said.slice(-400)}` };
  }
}
