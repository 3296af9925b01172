import type { Roles, startProcess } from '../process.ts';
import type { Settings } from '../settings.ts';

/** Runs a process until it is asked to stop, and says where everything listens. Exit code 2 when it cannot run. */
export async function serve(settings: Settings, roles: Roles, start: typeof startProcess): Promise<void> {
  const stopping = new AbortController();
  const asked = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        stopping.abort();
        resolve('');
      });
    }
  });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const started = await start(settings, roles, say, stopping.signal);
  if (!started.ok) {
    say(`${started.message}\n  ${started.remedy}`);
    process.exitCode = 2;
    return;
  }
  const { running } = started;
  for (const line of welcome(settings, running)) say(line);
  const reason = await Promise.race([asked, running.ended]);
  if (reason !== '') say(reason);
  await running.stop();
  process.exitCode = reason === '' ? 0 : 2;
}

function welcome({ configDirectory }: Settings, { url, uiUrl }: { url?: string; uiUrl?: string }): readonly string[] {
  return [
    '',
    `  Signalbox is ready, with the definitions in ${configDirectory}`,
    ...(url === undefined ? [] : [`  events       ${url}/events`]),
    ...(uiUrl === undefined ? [] : [`  Temporal UI  ${uiUrl}`]),
    '',
  ];
}
