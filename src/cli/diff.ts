import type { KeySummary, TriggerDetail } from '../http/read-api.ts';
import { type Difference, differencesOf } from '../load/difference.ts';
import { formatFinding, loadDefinitions } from '../load/load.ts';
import { callService, type Service } from './api.ts';
import { diffLines } from './diff-text.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { liveDefinitions } from './live.ts';
import { answer, type Format, giveUp, tell } from './output.ts';

/** What a trigger of the service holds that a change touches. */
export type OpenWork = {
  readonly windows: number;
  /** Events in windows and holds, and of them those that are held. */
  readonly events: number;
  readonly heldEvents: number;
  readonly keys: number;
  /** The first of the keys. */
  readonly shownKeys: readonly string[];
  readonly nextDeadline?: string;
};

/** A definition that differs, with what the service holds under it. `open` is absent where it holds nothing. */
export type ShownDifference = Difference & { readonly open?: OpenWork };

/** Keys of a trigger that are named. */
const KEYS_SHOWN_MAX = 5;

/** Says what the definitions of a directory change against the live ones. Differences are a no. */
export async function diff(directory: string, format: Format, service: Service): Promise<ExitCode> {
  const loaded = await loadDefinitions(directory, { now: Date.now });
  if (!loaded.ok) {
    for (const finding of loaded.findings) tell(formatFinding(finding));
    return giveUp(couldNotRun(`The definitions in ${directory} cannot be used`, 'Correct them.'));
  }
  const live = await liveDefinitions(service);
  if (!live.ok) return giveUp(live);
  const found = differencesOf(live.definitions, loaded.definitions);
  const differences = await Promise.all(found.map(async (one) => withOpen(one, service)));
  answer(format, { same: differences.length === 0, differences }, () => diffLines(differences, Date.now()));
  return differences.length === 0 ? EXIT.fine : EXIT.no;
}

async function withOpen(difference: Difference, service: Service): Promise<ShownDifference> {
  if (difference.kind !== 'Trigger' || difference.change === 'added') return difference;
  const reply = await callService(service, `/v1/triggers/${encodeURIComponent(difference.name)}`);
  const open = reply.ok && isDetail(reply.body) ? openWork(reply.body) : undefined;
  return open ? { ...difference, open } : difference;
}

function openWork({ keys, keyCount, pressure, nextDeadline }: TriggerDetail): OpenWork | undefined {
  const busy = keys.filter((key) => windowsOf(key) > 0 || key.heldEvents !== undefined);
  const heldEvents = busy.reduce((sum, key) => sum + (key.heldEvents ?? 0), 0);
  const inWindows = busy.reduce((sum, { window }) => sum + (window?.eventCount ?? 0), 0);
  const events = Math.max(pressure?.pendingItems ?? 0, heldEvents + inWindows);
  if (events === 0 && busy.length === 0) return undefined;
  return {
    windows: busy.reduce((sum, key) => sum + windowsOf(key), 0),
    events,
    heldEvents,
    keys: keyCount,
    shownKeys: busy.slice(0, KEYS_SHOWN_MAX).map(({ key }) => key),
    ...(nextDeadline !== undefined && { nextDeadline }),
  };
}

/** What of a key gathers events: a window, a join, a tally, a sorting buffer. */
function windowsOf({ window, parts, threshold, sorting }: KeySummary): number {
  return [window, parts, threshold, sorting].filter((one) => one !== undefined).length;
}

function isDetail(body: object): body is TriggerDetail {
  return 'name' in body && 'keys' in body && Array.isArray(body.keys);
}
