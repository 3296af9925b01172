import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Ends a program when its test is gone, in whatever way. */
const LIFELINE = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.stdin.on('end', () => process.exit(3)).resume().unref();
`)}`;
/** Where the welcome says that events go. */
const EVENTS_URL = /(http:\S+)\/events\s/;
/** A start on two busy cores. */
const READY_TIMEOUT_MS = 60_000;
/** Graceful ends wait for what is under way, ten seconds at most. */
const STOP_TIMEOUT_MS = 20_000;

export type Command = 'dev' | 'serve' | 'worker';
export type Environment = Readonly<Record<string, string>>;

/** A `signalbox` command in a process of its own. */
export type Program = {
  readonly pid: number;
  /** Where it takes events; empty for a worker. */
  readonly url: string;
  /** Everything it wrote so far. */
  readonly output: () => string;
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** SIGTERM, and what it ended with. */
  readonly stop: () => Promise<number | NodeJS.Signals>;
};

let built = false;

/** Builds the sources once, as every command does at its start. */
function build(): void {
  if (built) return;
  const program = "import { makeReady } from './bin/ready.mjs'; makeReady();";
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  built = true;
}

/** Starts a command; resolves when it says that it is ready. `preload` is a module that is loaded before it. */
export async function startProgram(command: Command, environment: Environment, preload?: string): Promise<Program> {
  build();
  const imports = ['--import', LIFELINE, ...(preload === undefined ? [] : ['--import', preload])];
  const child = spawn(process.execPath, [...imports, 'bin/signalbox.mjs', command], {
    cwd: ROOT,
    env: { ...inherited(), LOG_LEVEL: 'info', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const program = watch(child);
  const until = Date.now() + READY_TIMEOUT_MS;
  let ended: number | NodeJS.Signals | undefined;
  void program.exited.then((how) => (ended = how));
  const isReady = () => (command === 'worker' ? /Signalbox is ready/ : EVENTS_URL).test(program.output());
  while (!isReady()) {
    if (ended !== undefined) throw new Error(`${command} ended with ${ended}:\n${program.output()}`);
    if (Date.now() > until) {
      program.kill('SIGKILL');
      throw new Error(`${command} was not ready in time:\n${program.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ...program, url: EVENTS_URL.exec(program.output())?.[1] ?? '' };
}

/** Nothing of the tester's own settings. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SIGNALBOX|TEMPORAL|LOG_LEVEL|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function watch(child: ChildProcess): Omit<Program, 'url'> {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => chunks.push(text));
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 0));
  });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  return {
    pid: child.pid ?? 0,
    output: () => chunks.join(''),
    exited,
    kill,
    stop: async () => {
      kill('SIGCONT');
      kill('SIGTERM');
      const timer = setTimeout(() => kill('SIGKILL'), STOP_TIMEOUT_MS);
      const how = await exited;
      clearTimeout(timer);
      return how;
    },
  };
}
