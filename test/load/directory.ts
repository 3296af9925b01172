import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { formatFinding, loadDefinitions, type LoadResult } from '../../src/load/load.ts';

/** A temporary directory with these files, removed when the test ends. */
export async function directoryWith(files: { readonly [path: string]: string | Uint8Array }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-load-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) await put(directory, path, text);
  return directory;
}

/** Writes one file, with the folders above it. */
export async function put(directory: string, path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
}

/** Loads the text of one file. */
export async function loadText(text: string | Uint8Array): Promise<LoadResult> {
  return loadDefinitions(await directoryWith({ 'a.yaml': text }), { now: () => 1_000 });
}

/** What loading one file says, as `line:column severity path message — remedy`. */
export async function findingsOf(text: string | Uint8Array): Promise<string[]> {
  const loaded = await loadText(text);
  const findings = loaded.ok ? loaded.warnings : loaded.findings;
  return findings.map((it) => formatFinding(it).slice(it.file.length + 1));
}

/** A Trigger document; `spec` is its YAML, indented by two. Events start at line 6. */
export function trigger(spec: string, name = 'retrain'): string {
  return ['apiVersion: signalbox/v1', 'kind: Trigger', `metadata: { name: ${name} }`, 'spec:', spec, ''].join('\n');
}

export const TARGET = `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://pipelines.example/runs" } }
`;

/** A Target document with this spec, in flow style. */
export function target(spec: string, name = 'train'): string {
  return ['apiVersion: signalbox/v1', 'kind: Target', `metadata: { name: ${name} }`, `spec: ${spec}`, ''].join('\n');
}
