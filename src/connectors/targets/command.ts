import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { TargetSpec } from '../../spec/target.ts';
import type { CommandTargetSpec } from '../../spec/targets/command.ts';
import { findProgram } from '../local-process/find-program.ts';
import type { Output } from '../local-process/output.ts';
import { openOutput } from '../local-process/output.ts';
import type { RunRecord } from '../local-process/record.ts';
import { createRunRecord, runDirectory } from '../local-process/record.ts';
import type { Ending, Program, Supervised } from '../local-process/supervise.ts';
import { KILL_GRACE_MS, supervise } from '../local-process/supervise.ts';
import { excerpt } from '../reply.ts';
import type { Redactor } from '../secrets.ts';
import { resolveSettings } from '../secrets.ts';
import type {
  FinishedOutcome,
  LoadedTarget,
  NotStartedOutcome,
  CallContext,
  ProbeOutcome,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
} from '../target.ts';
import { HEARTBEAT_EVERY_MS, runDocument } from '../target.ts';

/** What a program inherits of the worker's environment: what finding programs, files and words needs, no credential. */
const INHERITED_VARIABLES = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;
/** What is quoted of a failed program's output: its last lines, usually the error. */
export const FAILURE_EXCERPT_MAX_CHARS = 1_000;

/** What a heartbeat shows of the last line printed: one line in the Temporal UI. */
const PROGRESS_MAX_CHARS = 200;

/** Failures to spawn that another attempt may not meet: the machine is short of something. */
const TRANSIENT_SPAWN_CODES: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

type Loaded = LoadedTarget<Extract<TargetSpec, { command: CommandTargetSpec }>>;
type Prepared = { readonly program: Program; readonly redact: Redactor };
/** A run of this process: it is stopped when the last of those who wait for it is told to stop. */
type Running = {
  readonly outcome: Promise<StartOutcome>;
  stop(): void;
  /** The last line it printed. */
  progress(): string;
  waiting: number;
};

/** The runs of this process by folder, so that a second start of one joins the first. */
const running = new Map<string, Running>();

/** Intervals that tests shorten. */
type Timing = { readonly killGraceMs: number; readonly heartbeatEveryMs: number };

function refused(name: string, detail: string): NotStartedOutcome {
  return { kind: 'notStarted', code: 'target_rejected', detail: `Target ${name}: ${detail}`, permanent: true };
}

function prepare(
  { name, directory, spec }: Loaded,
  request: StartRequest,
  deps: TargetDeps,
  graceMs: number,
): Prepared | NotStartedOutcome {
  const { run, cwd, env, timeout } = spec.command;
  const settings = resolveSettings(env, deps.resolveSecret);
  if (!settings.ok) {
    const detail = `Target ${name}: ${settings.detail}`;
    return { kind: 'notStarted', code: 'secret_missing', detail, permanent: true };
  }
  const { values, redact } = settings.resolved;
  const unusable = Object.keys(values).find((variable) => values[variable]?.includes('\0'));
  if (unusable) return refused(name, `the value of ${unusable} holds a NUL character.`);
  const inherited = INHERITED_VARIABLES.flatMap((variable) => {
    const value = deps.environment[variable];
    return value === undefined ? [] : [[variable, value] as const];
  });
  const [command = '', ...args] = run;
  const environment = {
    ...Object.fromEntries(inherited),
    ...values,
    ...(request.traceparent ? { TRACEPARENT: request.traceparent } : {}),
    SIGNALBOX_RUN_ID: request.runId,
  };
  const input = `${JSON.stringify(runDocument(request))}\n`;
  const program = {
    command,
    args,
    directory: resolve(directory, cwd),
    environment,
    input,
    timeoutMs: timeout,
    graceMs,
  };
  return { program, redact };
}

type Named = Pick<Program, 'command' | 'directory'>;

/** Why a program cannot be started, and what to do about it. */
const NOT_THERE = {
  noDirectory: ({ directory }: Named) => `its cwd ${directory} is not a directory: create it or correct cwd.`,
  notFound: ({ command }: Named) =>
    `program ${command} was not found: install it on the worker, or give its path in command.run.`,
  notExecutable: ({ command }: Named) =>
    `program ${command} is not executable: chmod +x it, or run it by its interpreter.`,
} as const;

async function notSpawned(
  name: string,
  program: Program,
  ending: Extract<Ending, { kind: 'notSpawned' }>,
): Promise<NotStartedOutcome> {
  const { command, directory } = program;
  if (TRANSIENT_SPAWN_CODES.has(ending.code)) {
    const detail = `Target ${name}: ${command} could not be started now: ${ending.detail}`;
    return { kind: 'notStarted', code: 'target_unavailable', detail, permanent: false };
  }
  const place = await stat(directory).catch(() => undefined);
  if (!place?.isDirectory()) return refused(name, NOT_THERE.noDirectory(program));
  if (ending.code === 'ENOENT') return refused(name, NOT_THERE.notFound(program));
  if (ending.code === 'EACCES') return refused(name, NOT_THERE.notExecutable(program));
  return refused(name, `${command} cannot be started: ${excerpt(ending.detail, FAILURE_EXCERPT_MAX_CHARS)}`);
}

function judge(program: Program, output: Output, ending: Extract<Ending, { kind: 'ended' }>): FinishedOutcome {
  const lines = excerpt(output.text().trimEnd().slice(-FAILURE_EXCERPT_MAX_CHARS), FAILURE_EXCERPT_MAX_CHARS);
  const said = lines === '' ? 'It printed nothing.' : `Its last lines: ${lines}`;
  if (ending.stopped === 'timedOut') {
    const detail = `Ended after ${program.timeoutMs / 1_000} s, its timeout. ${said}`;
    return { kind: 'finished', status: 'timedOut', detail };
  }
  if (ending.stopped === 'cancelled') return { kind: 'finished', status: 'cancelled', detail: `Cancelled. ${said}` };
  const value = output.result();
  const result = value === undefined ? {} : { result: value };
  if (ending.exitCode === 0) return { kind: 'finished', status: 'succeeded', ...result };
  const how = ending.signal === null ? `Exit code ${ending.exitCode}.` : `Ended by ${ending.signal}.`;
  return { kind: 'finished', status: 'failed', detail: `${how} ${said}`, ...result };
}

/** Claims the start; an outcome where it is not ours to make. */
async function claim(record: RunRecord, loaded: Loaded, request: StartRequest): Promise<StartOutcome | undefined> {
  const recorded = await record.outcome();
  if (recorded) return recorded;
  const { trigger, key, attempt } = request;
  const facts = { startedAt: new Date().toISOString(), target: loaded.name, trigger, key, attempt, pid: process.pid };
  if (await record.claim(facts)) return undefined;
  const when = (await record.startedAt()) ?? 'a time that is not readable';
  if (loaded.spec.onUnknown === 'retry') {
    await record.release();
    if (await record.claim(facts)) return undefined;
  }
  const detail = `Started at ${when} by a worker that died or was stopped; how far it came is in ${record.outputPath}.`;
  return { kind: 'unknown', detail };
}

/** Runs the program of a claimed start and records how it ended, unless we were told to stop it. */
async function execute(
  { program, redact }: Prepared,
  record: RunRecord,
  name: string,
  log: CallContext['log'],
  onSpawn: (supervised: Supervised, output: Output) => void,
): Promise<StartOutcome> {
  const output = openOutput(record.outputPath, redact, (detail) => {
    log.warn({ path: record.outputPath, detail }, 'the output of a run is not kept');
  });
  const supervised = supervise(program, (from, chunk) => output.add(from, chunk));
  onSpawn(supervised, output);
  const ending = await supervised.ended;
  await output.close();
  if (ending.kind === 'notSpawned') {
    await record.release();
    return notSpawned(name, program, ending);
  }
  const judged = judge(program, output, ending);
  const outcome = judged.result === undefined ? judged : { ...judged, result: redact.json(judged.result) };
  if (ending.stopped === 'cancelled') return outcome;
  await record.finish(outcome).catch((error: unknown) => {
    log.warn({ error, path: record.outputPath }, 'the result of a run could not be recorded');
  });
  return outcome;
}

function launch(
  loaded: Loaded,
  request: StartRequest,
  deps: TargetDeps,
  graceMs: number,
  log: CallContext['log'],
): Running {
  const record = createRunRecord(runDirectory(deps.stateDirectory, request.token ?? request.runId));
  let stopped = false;
  let child: { readonly supervised: Supervised; readonly output: Output } | undefined;
  const run = async (): Promise<StartOutcome> => {
    const prepared = prepare(loaded, request, deps, graceMs);
    if ('kind' in prepared) return (await record.outcome()) ?? prepared;
    const settled = await claim(record, loaded, request);
    if (settled) return settled;
    if (stopped) {
      await record.release();
      return { kind: 'finished', status: 'cancelled', detail: 'Cancelled before its program was started.' };
    }
    return execute(prepared, record, loaded.name, log, (supervised, output) => {
      child = { supervised, output };
      if (stopped) supervised.stop();
    });
  };
  return {
    waiting: 0,
    outcome: run().catch((error: unknown) => {
      const detail = `Target ${loaded.name}: the state directory cannot be used: ${String(error)}`;
      return { kind: 'notStarted', code: 'target_unavailable', detail, permanent: false };
    }),
    stop: () => {
      stopped = true;
      child?.supervised.stop();
    },
    progress: () => excerpt(child?.output.lastLine() ?? '', PROGRESS_MAX_CHARS),
  };
}

/** Waits for a run until it ends or the caller is told to stop; the last caller to leave stops the run. */
async function join(run: Running, context: CallContext, heartbeatEveryMs: number): Promise<StartOutcome> {
  run.waiting += 1;
  context.heartbeat();
  const beat = setInterval(() => context.heartbeat(run.progress()), heartbeatEveryMs);
  const left = new Promise<StartOutcome>((resolveLeft) => {
    const leave = (): void => {
      run.waiting -= 1;
      if (run.waiting === 0) run.stop();
      else resolveLeft({ kind: 'finished', status: 'cancelled', detail: 'Cancelled; another attempt goes on.' });
    };
    if (context.signal.aborted) leave();
    else context.signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([run.outcome, left]);
  } finally {
    clearInterval(beat);
  }
}

/**
 * A target that runs a local program: no shell, the run as JSON on standard input, `SIGNALBOX_RUN_ID` in its
 * environment, its last line of JSON as the result. Each run is recorded in the state directory before it is spawned,
 * so a second start of the same run id answers with the recorded outcome, joins the run where it is going on in this
 * process, and otherwise is unknown, or with `onUnknown: retry` runs again. Workers on other machines share that
 * knowledge only where they share the state directory. A program whose worker dies is ended by its guard.
 */
export function createCommandTarget(
  loaded: Loaded,
  deps: TargetDeps,
  timing: Timing = { killGraceMs: KILL_GRACE_MS, heartbeatEveryMs: HEARTBEAT_EVERY_MS },
): Target {
  return {
    start: async (request, context) => {
      const directory = runDirectory(deps.stateDirectory, request.token ?? request.runId);
      const known = running.get(directory);
      const run = known ?? launch(loaded, request, deps, timing.killGraceMs, context.log);
      if (!known) {
        running.set(directory, run);
        void run.outcome.finally(() => running.delete(directory));
      }
      return join(run, context, timing.heartbeatEveryMs);
    },
    probe: () => probe(loaded, deps),
  };
}

/** Whether the program, its folder and its secrets are there on this machine; the program is not run. */
async function probe({ name, directory: base, spec }: Loaded, deps: TargetDeps): Promise<ProbeOutcome> {
  const { run, cwd, env } = spec.command;
  const settings = resolveSettings(env, deps.resolveSecret);
  if (!settings.ok) return { kind: 'notReady', detail: `Target ${name}: ${settings.detail}` };
  const [command = ''] = run;
  const directory = resolve(base, cwd);
  const path = settings.resolved.values['PATH'] ?? deps.environment['PATH'] ?? '';
  const found = await findProgram(command, directory, path);
  if (found.ok) return { kind: 'ready', detail: `The program ${command} is there; it was not run.` };
  return { kind: 'notReady', detail: `Target ${name}: ${NOT_THERE[found.why]({ command, directory })}` };
}
