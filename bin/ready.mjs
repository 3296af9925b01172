import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone, or the application directory of an image. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const MAIN = join(ROOT, 'dist/src/main.js');
const STAMP = join(ROOT, 'dist/.built');
/** What the build reads. */
const SOURCES = ['src', 'workflows', 'activities', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Ends with one message and code 2, "could not run". */
export function giveUp(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** Refuses a Node that some dependency cannot run on. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  giveUp(`Signalbox needs Node 20.19 or newer; this is ${process.versions.node}. Install one from https://nodejs.org.`);
}

/** Makes the clone runnable: dependencies as the lock file says, and a build of the sources as they are. */
export function makeReady() {
  requireNode();
  // An image holds the build alone.
  if (!existsSync(join(ROOT, 'src'))) return;
  install();
  build();
}

function install() {
  const modules = join(ROOT, 'node_modules');
  // A linked directory belongs to another checkout: npm would empty it there.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const installedAt = statSync(join(modules, '.package-lock.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (installedAt >= statSync(join(ROOT, 'package-lock.json')).mtimeMs) return;
  say('Installing dependencies (once, up to a minute)');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], 'The dependencies could not be installed');
}

function build() {
  const digest = digestOfSources();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return;
  say('Building');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], 'The sources could not be compiled');
  if (existsSync(join(ROOT, 'dist/workflows/index.js'))) {
    const program = `import { writeWorkflowBundle } from './dist/src/temporal/bundle.js'; await writeWorkflowBundle();`;
    // In a process of its own, so that the bundler's memory is not the service's.
    run(process.execPath, ['--input-type=module', '-e', program], 'The workflows could not be bundled');
  }
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, digest);
}

/** Over names, sizes and times, not contents: taken at every command, it must cost milliseconds. */
function digestOfSources() {
  const hash = createHash('sha256');
  const add = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else if (stat !== undefined) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const source of SOURCES) add(join(ROOT, source));
  return hash.digest('hex');
}

/** Set-up talks on standard error: standard output belongs to the command. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

function run(program, args, failure) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) giveUp(`${failure} (${error?.message ?? `${program} ended with ${status}`}). See the lines above.`);
}
