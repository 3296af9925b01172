import { Argument, type Command } from 'commander';

import type { Settings } from '../settings.ts';
import { findService } from './api.ts';
import { type Bulk, replayLetters, replays, stopBulkReplay } from './bulk-replays.ts';
import { discardLetter, editLetter, letter, type LetterFilter, letters, replayLetter } from './dead-letters.ts';
import { dryRun } from './dry-run.ts';
import { couldNotRun, type ExitCode } from './exit.ts';
import { lanes } from './lanes.ts';
import { type Format, giveUp, withOutput } from './output.ts';
import { type Aim, breaker, fire, type Fire, pauseOrResume } from './orders.ts';
import { probe } from './probe.ts';
import { rebuild } from './rebuild.ts';
import { actOnReplay, eventReplays, replay, type ReplayArguments, replayEvents } from './replay.ts';
import { answerRun, type By, cancelRun, run, type RunFilter, runs } from './runs.ts';

type WithOutput = { readonly output: Format };
type End = (ended: Promise<ExitCode>) => Promise<void>;

/** The command by which people look at runs and act on them. */
export function addRuns(program: Command, settings: Settings, end: End): void {
  withBy(withOutput(program.command('runs')))
    .description('list the runs, newest first, or look at one and act on it')
    .addArgument(new Argument('[action]', 'what to do with one').choices(['get', 'cancel', 'approve', 'reject']))
    .argument('[run]', 'its run id')
    .option('--trigger <name>', 'list those of one trigger')
    .option('--key <key>', 'list those of one key')
    .option('--status <status>', 'list running, waitingForApproval, waitingForPlace, succeeded, failed, held and so on')
    .option('--since <moment>', 'list what started at or after it, RFC 3339')
    .option('--limit <count>', 'list at most so many (1 to 200)')
    .option('--page <next>', 'go on where the page before ended')
    .option('--reason <text>', 'why')
    .action((action: Action | undefined, runId: string | undefined, { output, by, reason, ...filter }: RunOptions) =>
      end(onRuns(action, runId, { filter, by: given({ by, reason }), output }, settings)),
    );
}

/** The command by which people see what runs wait for. */
export function addLanes(program: Command, settings: Settings, end: End): void {
  withOutput(program.command('lanes'))
    .description('show lanes and pools: which runs hold a place, and which wait')
    .action(({ output }: WithOutput) => end(lanes(output, findService(settings))));
}

/** The command by which people look at what needs them, and deal with it. */
export function addDeadLetters(program: Command, settings: Settings, end: End): void {
  withBy(withOutput(program.command('dead-letters').alias('dlq')))
    .description('list what needs a person, or look at one dead letter and deal with it')
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['ls', 'show', 'edit', 'replay', 'discard', 'replays', 'stop'])
        .default('ls'),
    )
    .argument('[id]', 'of the dead letter, or of its run; replays, stop: of a bulk replay')
    .option('--trigger <name>', 'list those of one trigger')
    .option('--target <name>', 'list those of one target')
    .option('--code <code>', 'list those of one code, such as target_rejected')
    .option('--kind <kind>', 'list those of runs or of events: run, events')
    .option('--key <key>', 'list those of the runs of one key')
    .option('--limit <count>', 'list at most so many (1 to 200)')
    .option('--page <next>', 'go on where the page before ended')
    .option('--params <json>', 'edit: an object; its members replace those of the definition')
    .option('--all', 'replay: every open one')
    .option('--pace <count/unit>', 'replay of many: how fast, such as 10/s (the default), 30/m or 5/h')
    .option('--canary <count>', 'replay of many: so many go first, and must end well; default 1')
    .option('--yes', 'replay of many: do it; without it those that fit are listed')
    .option('--reason <text>', 'why; discard needs it')
    .action((action: LetterAction, id: string | undefined, options: LetterOptions) =>
      end(onLetters(action, id, options, settings)),
    );
}

/** The command by which stored events come to a trigger once more. */
export function addReplay(program: Command, settings: Settings, end: End): void {
  withBy(withOutput(program.command('replay')))
    .description('bring stored events to a trigger once more, at a pace; says what that would do unless --yes')
    .addArgument(
      new Argument('[action]', 'look at replays, end one, or let it go on').choices(['ls', 'show', 'stop', 'resume']),
    )
    .argument('[id]', 'of the replay')
    .requiredOption('--trigger <name>', 'the trigger they go through, and no other')
    .option('--since <moment>', 'what arrived since then: 24h, or RFC 3339')
    .option('--until <moment>', 'and before then; default: now')
    .option('--pace <pace>', 'events at a time: 10/s, 30/m, 100/h', '10/s')
    .option('--yes', 'do it')
    .option('--again', 'also where another replay brought some of them')
    .option('--detach', 'do not wait until it has ended')
    .option('--id <text>', 'the same id means the same replay')
    .action((action: ReplayAction | undefined, id: string | undefined, options: ReplayOptions) =>
      end(onReplays(action, id, options, settings)),
    );
}

/** The command by which people restore what can be searched. */
export function addRebuild(program: Command, settings: Settings, end: End): void {
  withOutput(program.command('rebuild'))
    .description('restore verdicts, runs and pruned events of the store from Temporal; not all of it ends with 1')
    .action(({ output }: WithOutput) => end(rebuild(output, findService(settings))));
}

/** Commands by which people stop, start and unblock triggers. */
export function addOrders(program: Command, settings: Settings, end: End): void {
  const pausing = (kind: 'pause' | 'resume', command: Command) =>
    withBy(withOutput(command))
      .argument('[trigger]', 'its name')
      .option('--key <key>', 'one key alone')
      .option('--all', 'every trigger')
      .action((trigger: string | undefined, { output, ...aim }: WithOutput & Aim) =>
        end(pauseOrResume(kind, trigger, aim, output, findService(settings))),
      );
  pausing('pause', program.command('pause')).description(
    'stop the windows and deadlines of a trigger; what arrives is kept',
  );
  pausing('resume', program.command('resume')).description('go on where a trigger was paused, and say what that fires');
  withBy(withOutput(program.command('fire')))
    .description('start a run by hand')
    .argument('<trigger>', 'its name')
    .option('--key <key>', 'for this key')
    .option('--force', 'pass hours, cooldown, rate and concurrency; never breaker or approval')
    .option('--params <json>', 'an object; its members replace those of the definition')
    .option('--id <text>', 'the same id means the same run')
    .action((trigger: string, { output, ...given }: WithOutput & Fire) =>
      end(fire(trigger, given, output, findService(settings))),
    );
  withBy(withOutput(program.command('breaker')))
    .description('open or close the breaker of a trigger by hand')
    .argument('<trigger>', 'its name')
    .addArgument(new Argument('<state>', 'how it shall be').choices(['open', 'closed']))
    .option('--key <key>', 'of one key')
    .action((trigger: string, state: 'open' | 'closed', { output, ...aim }: WithOutput & Aim) =>
      end(breaker(trigger, state, aim, output, findService(settings))),
    );
}

/** The command that asks what would happen. */
export function addDryRun(program: Command, settings: Settings, end: End): void {
  withOutput(program.command('dry-run'))
    .description('say what a trigger would make of an event that came in now; changes nothing')
    .argument('<trigger>', 'its name')
    .argument('<file>', 'one CloudEvent as JSON, or - for standard input')
    .option('--source <name>', 'the Source it would come in through', 'events')
    .option('--fill', 'add specversion, id, source and time where they are missing', false)
    .action((trigger: string, file: string, { output, ...given }: WithOutput & { source: string; fill: boolean }) =>
      end(dryRun(trigger, file, given, output, findService(settings))),
    );
}

/** The command that asks whether everything on the way to the targets is there. */
export function addProbe(program: Command, settings: Settings, end: End): void {
  withOutput(program.command('probe'))
    .description('send a made-up event through the whole path to its targets, and measure it; starts nothing')
    .argument('<trigger>', 'its name')
    .action((trigger: string, { output }: WithOutput) => end(probe(trigger, output, findService(settings))));
}

function withBy(command: Command): Command {
  return command.option('--by <name>', 'who acts, for the audit log; default: who is logged in');
}

type ReplayAction = 'ls' | 'show' | 'stop' | 'resume';
type ReplayOptions = WithOutput & ReplayArguments & { readonly trigger: string };

async function onReplays(
  action: ReplayAction | undefined,
  id: string | undefined,
  { trigger, output, ...given }: ReplayOptions,
  settings: Settings,
): Promise<ExitCode> {
  const service = findService(settings);
  if (action === undefined) return replayEvents(trigger, given, output, service);
  if (action === 'ls') return eventReplays(trigger, output, service);
  if (id === undefined) {
    return giveUp(couldNotRun(`replay ${action} needs an id`, `Ids: signalbox replay ls --trigger ${trigger}`));
  }
  return action === 'show'
    ? replay(trigger, id, output, service)
    : actOnReplay(action, trigger, id, given, output, service);
}

type LetterAction = 'ls' | 'show' | 'edit' | 'replay' | 'discard' | 'replays' | 'stop';
type LetterOptions = WithOutput &
  Bulk &
  LetterFilter & { readonly by?: string; readonly reason?: string; readonly params?: string };

async function onLetters(
  action: LetterAction,
  id: string | undefined,
  { output, by, reason, params, all, pace, canary, yes, ...filter }: LetterOptions,
  settings: Settings,
): Promise<ExitCode> {
  const service = findService(settings);
  const who = given({ by, reason });
  if (action === 'ls') return letters(filter, output, service);
  if (action === 'replays') return replays(id, output, service);
  if (action === 'replay' && id === undefined) {
    const bulk = { ...(all && { all }), ...(pace && { pace }), ...(canary && { canary }), ...(yes && { yes }) };
    return replayLetters(filter, bulk, who, output, service);
  }
  if (id === undefined) return giveUp(couldNotRun(`dead-letters ${action} needs an id`, 'Ids: signalbox dead-letters'));
  switch (action) {
    case 'show':
      return letter(id, output, service);
    case 'replay':
      return replayLetter(id, who, output, service);
    case 'edit':
      return editLetter(id, params, who, output, service);
    case 'discard':
      return discardLetter(id, who, output, service);
    case 'stop':
      return stopBulkReplay(id, who, output, service);
  }
}

type Action = 'get' | 'cancel' | 'approve' | 'reject';
type RunOptions = WithOutput & RunFilter & { readonly by?: string; readonly reason?: string };

async function onRuns(
  action: Action | undefined,
  runId: string | undefined,
  { filter, by, output }: { readonly filter: RunFilter; readonly by: By; readonly output: Format },
  settings: Settings,
): Promise<ExitCode> {
  const service = findService(settings);
  if (action === undefined) return runs(filter, output, service);
  if (runId === undefined) return giveUp(couldNotRun(`runs ${action} needs a run id`, 'Ids: signalbox runs'));
  switch (action) {
    case 'get':
      return run(runId, output, service);
    case 'cancel':
      return cancelRun(runId, by, output, service);
    case 'approve':
    case 'reject':
      return answerRun(runId, action, by, output, service);
  }
}

/** Who and why, as far as they are said. */
function given({ by, reason }: { readonly by?: string | undefined; readonly reason?: string | undefined }): By {
  return { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
}
