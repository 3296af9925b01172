import type { Roles, Running, startProcess } from '../process.ts';
import type { Settings } from '../settings.ts';
import { EXIT, type ExitCode, messageOf } from './exit.ts';
import { openTerminalLog } from './terminal-log.ts';
import { giveUp, tell } from './output.ts';
import { removeServiceFile, writeServiceFile } from './service-file.ts';
import { reachableUrl, welcomeLines } from './welcome.ts';

export type StartProcess = typeof startProcess;

/**
 * One Ctrl-C may come as two signals, from the terminal and from npm, which passes on its own; a person's second one
 * comes later than this.
 */
const SAME_CTRL_C_MS = 500;

/** Runs a process until it is asked to stop, and says where everything listens. */
export async function serve(settings: Settings, roles: Roles, start: StartProcess): Promise<ExitCode> {
  const stopping = stopOnSignals();
  // For people where a person looks; JSON lines for whatever else reads standard output.
  const log = process.stdout.isTTY ? openTerminalLog(settings.stateDirectory) : undefined;
  const started = await startUnlessStopped(() => start(settings, roles, tell, stopping.signal, log));
  if (started === 'stopped') return EXIT.fine;
  if (!started.ok) return stopping.signal.aborted ? EXIT.fine : giveUp(started);
  const { running } = started;
  leaveWord(settings, running);
  for (const line of welcomeLines(settings, running, log?.file)) tell(line);
  const reason = await Promise.race([stopping.asked, running.ended]);
  removeServiceFile(settings.stateDirectory, process.pid);
  if (reason !== undefined) tell(reason);
  await running.stop();
  return reason === undefined ? EXIT.fine : EXIT.couldNotRun;

  async function startUnlessStopped<T>(begin: () => Promise<T>): Promise<T | 'stopped'> {
    try {
      return await begin();
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      return 'stopped';
    }
  }
}

type Stopping = { readonly signal: AbortSignal; readonly asked: Promise<undefined> };

/** The first signal asks everything to end in good order; the next one ends this process at once. */
function stopOnSignals(): Stopping {
  const controller = new AbortController();
  let askedAt: number | undefined;
  const asked = new Promise<undefined>((resolve) => {
    const onSignal = (): void => {
      if (askedAt === undefined) {
        askedAt = performance.now();
        tell('Stopping: what was accepted is finished first. Ctrl-C once more ends it at once.');
        controller.abort();
        resolve(undefined);
      } else if (performance.now() - askedAt > SAME_CTRL_C_MS) {
        // The embedded server ends when it sees this process gone.
        process.exit(EXIT.couldNotRun);
      }
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  });
  return { signal: controller.signal, asked };
}

/** Tells commands of this state directory where the service is. Without it they need SIGNALBOX_API_URL. */
function leaveWord({ stateDirectory }: Settings, { url, uiUrl, temporal }: Running): void {
  if (url === undefined) return;
  const service = {
    pid: process.pid,
    url: reachableUrl(url),
    ...(uiUrl !== undefined && { uiUrl }),
    ...(temporal && { temporal }),
  };
  try {
    writeServiceFile(stateDirectory, service);
  } catch (error) {
    tell(`Commands will need SIGNALBOX_API_URL=${service.url}: ${messageOf(error)}`);
  }
}
