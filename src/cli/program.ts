import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { ReadEvent } from '../backtest/arrival.ts';
import type { ResolveRun } from '../backtest/scenario/course.ts';
import type { Settings } from '../settings.ts';
import { findService } from './api.ts';
import { backtest, type BacktestArguments } from './backtest.ts';
import { diff } from './diff.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { explainEvent } from './explain.ts';
import { generate } from './generate.ts';
import { lint } from './lint.ts';
import { match, type ParseJson } from './match.ts';
import { type Format, withOutput } from './output.ts';
import {
  addDeadLetters,
  addDryRun,
  addProbe,
  addLanes,
  addOrders,
  addRebuild,
  addReplay,
  addRuns,
} from './program-operate.ts';
import { send, WAIT_MAX_SECONDS } from './send.ts';
import { stats } from './stats.ts';
import { serve, type StartProcess } from './serve.ts';
import { tail, type TailOptions } from './tail.ts';
import type { OpenEngine, TestOptions } from './test.ts';
import { triggers } from './triggers.ts';
import { why } from './why.ts';

/** What the commands are given by the composition root. */
export type Commands = {
  readonly settings: Settings;
  readonly version: string;
  readonly start: StartProcess;
  readonly parseJson: ParseJson;
  readonly resolveRun: ResolveRun;
  readonly openTemporal: OpenEngine;
  readonly readEvent: ReadEvent;
};

type WithOutput = { readonly output: Format };

/** Runs the command that the arguments name (`process.argv`); resolves with the exit code, also for bad usage. */
export async function runCommand(commands: Commands, argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const program = createProgram(commands, async (ended) => {
    code = await ended;
  });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said what is wrong; asking for help or the version is none.
    return error.exitCode === 0 ? EXIT.fine : EXIT.couldNotRun;
  }
  return code;
}

function createProgram(commands: Commands, end: (ended: Promise<ExitCode>) => Promise<void>): Command {
  const program = new Command('signalbox')
    .description('Signals in, trains out. Exit codes: 0 fine, 1 the answer is no, 2 could not run.')
    .version(commands.version)
    // Before the commands: they take these settings over.
    .exitOverride()
    .showHelpAfterError('(--help shows how)');
  addServing(program, commands, end);
  addOffline(program, commands, end);
  addCalling(program, commands, end);
  addBacktest(program, commands, end);
  addRuns(program, commands.settings, end);
  addLanes(program, commands.settings, end);
  addDeadLetters(program, commands.settings, end);
  addOrders(program, commands.settings, end);
  addDryRun(program, commands.settings, end);
  addProbe(program, commands.settings, end);
  addReplay(program, commands.settings, end);
  addRebuild(program, commands.settings, end);
  return program;
}

function addServing(program: Command, { settings, start }: Commands, end: End): void {
  program
    .command('dev')
    .description('run everything in one process: Temporal with its UI, the worker and HTTP')
    .action(() => end(serve(settings, { http: true, worker: true }, start)));
  program
    .command('serve')
    .description('run the HTTP side only')
    .action(() => end(serve(settings, { http: true, worker: false }, start)));
  program
    .command('worker')
    .description('run the worker only')
    .action(() => end(serve(settings, { http: false, worker: true }, start)));
}

/** Commands that need no service. */
function addOffline(program: Command, { settings, parseJson, resolveRun, openTemporal }: Commands, end: End): void {
  withOutput(program.command('lint'))
    .description('check definitions; errors end with 1, warnings alone with 0')
    .argument('[dir]', 'directory of definitions', settings.configDirectory)
    .action((directory: string, { output }: WithOutput) => end(lint(directory, output)));
  withOutput(program.command('test'))
    .description('run the scenarios of a directory in virtual time; a failed one ends with 1')
    .argument('[dir]', 'directory of definitions', settings.configDirectory)
    .addOption(
      new Option('--engine <engine>', 'the decision core alone, or the workflows on a time-skipping server')
        .choices(['core', 'temporal'])
        .default('core'),
    )
    .option('--junit <file>', 'write a JUnit report')
    .option('--filter <name>', 'only scenarios with this in their name or trigger')
    .action((directory: string, { output, ...options }: WithOutput & Omit<TestOptions, 'directory'>) =>
      end(
        import('./test.ts').then(({ test }) =>
          test({ directory, ...options }, output, { resolve: resolveRun, openTemporal }),
        ),
      ),
    );
  withOutput(program.command('match'))
    .description('try a pattern on an event; each is a file, - or JSON; no match ends with 1')
    .argument('<pattern>', 'EventBridge pattern')
    .argument('<event>', 'CloudEvent as JSON')
    .option('--when <expression>', 'CEL condition after the pattern')
    .action((pattern: string, event: string, { output, when }: WithOutput & { when?: string }) =>
      end(match({ pattern, event, when }, output, parseJson)),
    );
  withOutput(program.command('doctor'))
    .description('check what Signalbox needs; changes nothing')
    .action(({ output }: WithOutput) => end(import('./doctor.ts').then(({ doctor }) => doctor(settings, output))));
  program
    .command('generate', { hidden: true })
    .description('write what docs/ is generated from the sources')
    .action(() => end(generate('docs')));
}

/** Commands that ask the running service. */
function addCalling(program: Command, { settings }: Commands, end: End): void {
  withOutput(program.command('send'))
    .description('send a CloudEvent, a list of them, or one a line; a refused or dead-lettered event ends with 1')
    .argument('<file>', 'JSON or NDJSON file, or - for standard input')
    .option('--wait <seconds>', 'wait for the decisions and show them', seconds)
    .option('--fill', 'add specversion, id, source and time where they are missing', false)
    .action((file: string, { output, wait, fill }: WithOutput & { wait?: number; fill: boolean }) =>
      end(send(file, { fill, ...(wait !== undefined && { wait }) }, output, findService(settings))),
    );
  withOutput(program.command('triggers'))
    .description('show the triggers, or what one of them holds')
    .argument('[name]', 'a trigger')
    .action((name: string | undefined, { output }: WithOutput) => end(triggers(name, output, findService(settings))));
  addExplaining(program, settings, end);
}

/** Commands that say what happened, and why. */
function addExplaining(program: Command, settings: Settings, end: End): void {
  withOutput(program.command('explain'))
    .description('say what happened to an event, trigger by trigger and stage by stage, and why')
    .argument('<event>', 'an event id, or the source of a CloudEvent')
    .argument('[id]', 'the id of the CloudEvent, after its source')
    .option('--trigger <name>', 'ask also why this trigger did not take it')
    .action((event: string, id: string | undefined, { output, trigger }: WithOutput & { trigger?: string }) =>
      end(explainEvent({ event, id }, trigger, output, findService(settings))),
    );
  withOutput(program.command('why'))
    .description('say why a trigger fired, or did not')
    .argument('<trigger>', 'a trigger')
    .option('--since <when>', 'how far back: a duration such as 24h, or a moment', '24h')
    .action((trigger: string, { output, since }: WithOutput & { since: string }) =>
      end(why(trigger, since, output, findService(settings))),
    );
  withOutput(program.command('stats'))
    .description('show how often triggers fired, what was suppressed, and how long starts took')
    .argument('[trigger]', 'a trigger')
    .option('--since <when>', 'how far back: a duration such as 7d, or a moment', '24h')
    .action((trigger: string | undefined, { output, since }: WithOutput & { since: string }) =>
      end(stats(trigger, since, output, findService(settings))),
    );
  withOutput(program.command('tail'))
    .description('show events as they come in, and who took them; with -o json one a line')
    .option('--lines <count>', 'events of the past to begin with, up to 1000', lines, 10)
    .option('--no-follow', 'end after them')
    .option('--source <source>', 'only events of this CloudEvent source')
    .option('--type <type>', 'only events of this type')
    .option('--trigger <name>', 'only events this trigger took, or failed on')
    .option('--unmatched', 'only events no trigger took', false)
    .action(({ output, ...options }: WithOutput & TailOptions) => end(tail(options, output, findService(settings))));
}

/** Most events a feed gives at once. */
const LINES_MAX = 1_000;

/** Commands that say what changed definitions would do. */
function addBacktest(program: Command, { settings, readEvent }: Commands, end: End): void {
  withOutput(program.command('diff'))
    .description('say what definitions change against the live ones; differences end with 1')
    .argument('<dir>', 'directory of definitions')
    .action((directory: string, { output }: WithOutput) => end(diff(directory, output, findService(settings))));
  withOutput(program.command('backtest'))
    .description('say what triggers would have made of past events; a --fail-if that holds ends with 1')
    .argument('<dir>', 'directory of definitions')
    .option('--events <file>', 'CloudEvents, one a line; - is standard input')
    .option('--since <when>', 'the events that the service kept since then: 14d, or a moment')
    .option('--until <when>', 'end of the span; without it, when nothing is pending')
    .option('--baseline <schedule>', 'compare with a schedule: "every 24h", "cron 0 2 * * *"')
    .option('--against <live>', 'compare with the definitions of the running service')
    .option('--cost-per-run <amount>', 'put a price to runs')
    .option('--run-takes <duration>', 'how long a run takes', '0s')
    .option('--trigger <name>', 'only this trigger')
    .option('--html <file>', 'write the report as a page too')
    .option('--fail-if <expression>', 'CEL over the figures: runs > 2 * baseline.runs')
    .action((directory: string, { output, ...given }: WithOutput & BacktestArguments) =>
      end(backtest(directory, given, output, { readEvent, service: findService(settings) })),
    );
}

type End = (ended: Promise<ExitCode>) => Promise<void>;

function seconds(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= WAIT_MAX_SECONDS) return Number(text);
  throw new InvalidArgumentError(`It is a whole number of seconds from 1 to ${WAIT_MAX_SECONDS}.`);
}

function lines(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= LINES_MAX) return Number(text);
  throw new InvalidArgumentError(`It is a whole number from 1 to ${LINES_MAX}.`);
}
