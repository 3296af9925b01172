import { resolve } from 'node:path';

import type { Running } from '../process.ts';
import type { Settings } from '../settings.ts';

/** The quickstart's definitions, which are the default ones. */
const QUICKSTART = 'examples/quickstart';
const DEFAULT_STATE = '.signalbox';
const DEFAULT_URL = 'http://127.0.0.1:8080';

/** The URL for callers on this machine: every address is no address to call. */
export function reachableUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Where everything listens, and what to type next. */
export function welcomeLines(
  settings: Settings,
  { url, uiUrl, temporal }: Pick<Running, 'url' | 'uiUrl' | 'temporal'>,
  logFile: string | undefined,
): readonly string[] {
  const { configDirectory, stateDirectory } = settings;
  const places = [
    ...(url === undefined ? [] : [['events', `${reachableUrl(url)}/events`]]),
    ...(uiUrl === undefined ? [] : [['Temporal UI', uiUrl]]),
    ...(temporal === undefined ? [] : [['Temporal', `${temporal.address}, namespace ${temporal.namespace}`]]),
    ...(url === undefined ? [] : [['metrics', `${reachableUrl(url)}/metrics`]]),
    ['definitions', configDirectory],
    ['state', stateDirectory],
    ...(logFile === undefined ? [] : [['log', logFile]]),
  ];
  return [
    '',
    'Signalbox is ready. Ctrl-C stops it.',
    '',
    ...places.map(([name = '', place = '']) => `  ${name.padEnd(12)} ${place}`),
    '',
    ...(url === undefined ? [] : nextLines(settings, reachableUrl(url))),
  ];
}

/** The quickstart's commands, where its definitions are loaded. */
function nextLines({ configDirectory, stateDirectory, token }: Settings, url: string): readonly string[] {
  if (configDirectory !== resolve(QUICKSTART)) return [];
  const isFound = stateDirectory === resolve(DEFAULT_STATE) || url === DEFAULT_URL;
  const command = `${isFound ? '' : `SIGNALBOX_API_URL=${url} `}npx signalbox`;
  return [
    `In a second terminal, in this directory${token === undefined ? '' : ', with SIGNALBOX_TOKEN set'}:`,
    '',
    `  ${command} send ${QUICKSTART}/events/burst.json               # three files have come: one training`,
    `  ${command} send --wait 5 ${QUICKSTART}/events/2026-09-02.json # one of them again: none, and why`,
    `  ${command} triggers retrain-pump`,
    '',
  ];
}
