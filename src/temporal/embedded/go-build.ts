import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The newest release of the CLI whose module has no `replace` directive, which `go install` refuses. It holds server
 * 1.29.1 and the UI, and is built without cgo.
 */
export const CLI_VERSION = '1.5.1';
const MODULE = `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`;

const REPORT_EVERY_MS = 5_000;
const VERSION_TIMEOUT_MS = 10_000;
/** Lines of Go's output shown when it fails: its reason stands at the end. */
const TAIL_LINES = 5;

/** Where the built server of this version belongs. */
export function builtServerPath(cacheDirectory: string): string {
  return join(cacheDirectory, `temporal-cli-${CLI_VERSION}`, 'temporal');
}

/** The installed Go, such as `go1.26.8`; undefined where there is none. */
export async function goVersion(): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('go', ['env', 'GOVERSION'], { timeout: VERSION_TIMEOUT_MS }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : undefined),
    );
  });
}

/**
 * Builds the dev server from its Go module into the cache, telling every few seconds how far it is. The executable
 * appears in one step: a build that was cut off leaves nothing, two at once do not disturb each other.
 */
export async function buildServer(
  cacheDirectory: string,
  report: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }> {
  const path = builtServerPath(cacheDirectory);
  mkdirSync(dirname(path), { recursive: true });
  const scratch = mkdtempSync(`${dirname(path)}/build-`);
  try {
    const outcome = await goInstall(scratch, report, signal);
    if (!outcome.ok) return outcome;
    renameSync(join(scratch, 'temporal'), path);
    return { ok: true, path };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** `env` sets the two variables beside what this process inherited. */
async function goInstall(
  directory: string,
  report: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }> {
  const variables = ['CGO_ENABLED=0', `GOBIN=${directory}`];
  const child = spawn('env', [...variables, 'go', 'install', '-v', '-ldflags', '-s -w', MODULE], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  const tail: string[] = [];
  const count = { downloaded: 0, compiled: 0 };
  createInterface(child.stderr).on('line', (line) => {
    if (line.startsWith('go: downloading')) count.downloaded += 1;
    else if (/^[\w./-]+$/.test(line)) count.compiled += 1;
    else if (tail.push(line) > TAIL_LINES) tail.shift();
  });
  const startedAt = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    report(`  … ${seconds} s: ${count.downloaded} modules downloaded, ${count.compiled} packages compiled`);
  }, REPORT_EVERY_MS);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : tail.join('\n') || `go ended with code ${code}`));
  });
  clearInterval(timer);
  return failure === undefined ? { ok: true } : { ok: false, reason: failure };
}
