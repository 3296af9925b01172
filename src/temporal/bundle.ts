import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The directory that holds `workflows/`: the repository when run from sources, `dist` when built. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXTENSION = extname(fileURLToPath(import.meta.url));
const WORKFLOWS_PATH = `${ROOT}workflows/index${EXTENSION}`;
const INTERCEPTOR_PATHS = [`${ROOT}workflows/shell/ahead${EXTENSION}`];
const PREBUILT_PATH = `${ROOT}workflow-bundle.js`;

/**
 * Bundles the workflows for the sandbox. The inline source map stays in: the worker refuses a bundle without one. Names
 * in the code are relative to the root, so that the code before its source map is the same in every checkout.
 */
export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS_PATH,
    workflowInterceptorModules: INTERCEPTOR_PATHS,
    webpackConfigHook: (config) => ({ ...config, context: ROOT }),
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

/** Bundles the workflows into a file, `dist/workflow-bundle.js` when built; the file appears whole or not at all. @public */
export async function writeWorkflowBundle(path: string = PREBUILT_PATH): Promise<string> {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, await bundleWorkflows());
  renameSync(draft, path);
  return path;
}

/** What a worker loads: the prebuilt bundle (starts a second sooner), or the sources, bundled at its start. */
export function workflowSource():
  | { readonly workflowBundle: { codePath: string } }
  | { readonly workflowsPath: string; readonly interceptors: { readonly workflowModules: string[] } } {
  return existsSync(PREBUILT_PATH)
    ? { workflowBundle: { codePath: PREBUILT_PATH } }
    : { workflowsPath: WORKFLOWS_PATH, interceptors: { workflowModules: INTERCEPTOR_PATHS } };
}

let bundled: Promise<{ readonly code: string }> | undefined;

/** The workflows for replaying histories: the prebuilt bundle, or the sources, bundled once a process. */
export async function replayBundle(): Promise<{ readonly codePath: string } | { readonly code: string }> {
  if (existsSync(PREBUILT_PATH)) return { codePath: PREBUILT_PATH };
  bundled ??= bundleWorkflows().then((code) => ({ code }));
  return bundled;
}
