import { execFile } from 'node:child_process';
import { join } from 'node:path';

import { buildServer, builtServerPath, CLI_VERSION, goVersion } from './go-build.ts';
import { setupFailure } from './outcome.ts';
import type { SetupFailure } from './outcome.ts';
import { downloadSdkServer, findSdkServer, isExecutable } from './sdk-download.ts';

export type BinaryOptions = {
  /** Per-user cache: what is built or downloaded once serves every clone. */
  readonly cacheDirectory: string;
  /** From SIGNALBOX_TEMPORAL_BIN: used, or refused, but never passed over. */
  readonly bin?: string;
  /** Takes progress, a line at a time. */
  readonly report: (line: string) => void;
  /** Ends downloads and builds. */
  readonly signal?: AbortSignal;
};

/** How the server was found is told to the user: it decides which version runs. */
export type FoundBinary = { readonly ok: true; readonly path: string; readonly origin: string };

const LOOK_TIMEOUT_MS = 10_000;

/**
 * Looks for a dev server that is there already: named → on PATH → downloaded by the SDK → built from its Go module.
 * Undefined where it would have to be fetched.
 */
export async function lookForServerBinary({
  cacheDirectory,
  bin,
}: Pick<BinaryOptions, 'cacheDirectory' | 'bin'>): Promise<FoundBinary | SetupFailure | undefined> {
  if (bin !== undefined) {
    if (isExecutable(bin)) return { ok: true, path: bin, origin: 'SIGNALBOX_TEMPORAL_BIN' };
    return setupFailure(
      `SIGNALBOX_TEMPORAL_BIN is ${bin}, which is no executable file`,
      'Point it at a temporal executable, or unset it.',
    );
  }
  const onPath = await temporalOnPath();
  if (onPath !== undefined) return { ok: true, path: onPath, origin: 'PATH' };
  const downloaded = findSdkServer('temporal', join(cacheDirectory, 'sdk'));
  if (downloaded !== undefined) return { ok: true, path: downloaded, origin: "the SDK's download" };
  const built = builtServerPath(cacheDirectory);
  return isExecutable(built) ? { ok: true, path: built, origin: `Go module v${CLI_VERSION}` } : undefined;
}

/** Finds the dev server, or fetches it: what an earlier start downloaded or built is taken before anything is fetched again. */
export async function findServerBinary(options: BinaryOptions): Promise<FoundBinary | SetupFailure> {
  const { cacheDirectory, report, signal } = options;
  const there = await lookForServerBinary(options);
  if (there !== undefined) return there;
  report('Downloading the Temporal dev server (once)');
  const download = await downloadSdkServer('temporal', join(cacheDirectory, 'sdk'), signal);
  if (download.ok) return { ok: true, path: download.path, origin: "the SDK's download" };
  report(`The download did not work: ${download.reason}`);
  const go = await goVersion();
  if (go === undefined) return notFound([`the download failed (${download.reason})`, 'there is no go']);
  report(`Building the Temporal dev server with ${go} (once, a few minutes)`);
  const build = await buildServer(cacheDirectory, report, signal);
  if (build.ok) return { ok: true, path: build.path, origin: `Go module v${CLI_VERSION}` };
  return notFound([`the download failed (${download.reason})`, `the build with ${go} failed:\n${build.reason}`]);
}

function notFound(reasons: readonly string[]): SetupFailure {
  const message = `There is no Temporal server to use: ${['no temporal on PATH', ...reasons].join('; ')}`;
  const remedy = [
    'Do one of: set TEMPORAL_ADDRESS (or a TEMPORAL_PROFILE) of a running server;',
    'set SIGNALBOX_TEMPORAL_BIN to a temporal executable; put temporal on PATH (https://docs.temporal.io/cli);',
    'allow the download from temporal.download; install Go 1.25 or newer (https://go.dev/dl).',
  ].join(' ');
  return setupFailure(message, remedy);
}

/** The Temporal CLI on PATH; another program of that name is passed over. */
async function temporalOnPath(): Promise<string | undefined> {
  const path = (await outputOf('/bin/sh', ['-c', 'command -v temporal'])).trim();
  if (path === '') return undefined;
  return /temporal version/i.test(await outputOf(path, ['--version'])) ? path : undefined;
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: LOOK_TIMEOUT_MS }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
}
