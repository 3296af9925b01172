import { resolveRun } from '../../activities/resolve-params.ts';
import { runOnCore } from '../../src/backtest/scenario/core-engine.ts';
import type { Happened } from '../../src/backtest/scenario/happened.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import type { LoadedScenario } from '../../src/load/scenario.ts';
import { UNTIL_MS } from './generated.ts';

/** Real work takes real time, which passes on the server's clock too: moments differ by so much at most. */
const TOLERANCE_MS = 20_000;
/** Two things that happen nearer than this could happen in either order: such a scenario is no case. */
const APART_MS = 2 * TOLERANCE_MS;

/** Workers notice what is due a little late, each time by another time. */
const LATE_MAX_MS = 1_000;
/** Where two moments that no entry names coincide, each of these has an even chance to tell them apart. */
const LATE_COURSES = 8;

/** What happens on the core; undefined where it could happen in another order, so that nothing else can be held to it. */
export function clearlyHappened(scenario: LoadedScenario): Happened | undefined {
  const core = runOnCore(scenario, resolveRun);
  if (!isApart(scenario, core)) return undefined;
  const seeds = Array.from({ length: LATE_COURSES }, (_, index) => index + 1);
  const isSame = (seed: number) => differences(core, runOnCore(scenario, resolveRun, lateness(seed))).length === 0;
  return seeds.every(isSame) ? core : undefined;
}

/** Milliseconds that look random and are the same for the same seed (Lehmer). */
function lateness(seed: number): () => number {
  let value = seed;
  return () => {
    value = (value * 48_271) % 2_147_483_647;
    return value % LATE_MAX_MS;
  };
}

/** Whether everything that entries name is far enough apart to happen in one order only. */
function isApart(scenario: LoadedScenario, { entries, startAt }: Happened): boolean {
  const moments = entries.flatMap(({ at, dueAt, why }) => {
    const times = Object.entries(why ?? {}).flatMap(([name, value]) =>
      name.endsWith('At') && typeof value === 'number' ? [value] : [],
    );
    return [at, ...(dueAt === undefined ? [] : [dueAt]), ...times].map((moment) => moment - startAt);
  });
  moments.push(UNTIL_MS, ...scenario.events.map(({ atMs }) => atMs), ...scenario.spec.actions.map((it) => it.at));
  // The ends of two runs that began together are milliseconds apart in workflows, in either order.
  const ends = entries.filter(({ kind }) => kind === 'runEnded' || kind === 'runApproved').map(({ at }) => at);
  if (new Set(ends).size < ends.length) return false;
  const sorted = [...new Set(moments)].toSorted((a, b) => a - b);
  return sorted.every((moment, index) => index === 0 || moment - (sorted[index - 1] ?? 0) >= APART_MS);
}

/** In what the two differ, for people; nothing where they agree. */
export function differences(core: Happened, real: Happened | undefined): readonly string[] {
  if (!real) return ['it was not played'];
  const [expected, actual] = [toldBy(core), toldBy(real)];
  const missing = expected.filter(({ text }) => !actual.some((it) => it.text === text));
  const unexpected = actual.filter(({ text }) => !expected.some((it) => it.text === text));
  const off = expected.flatMap(({ text, atMs }, index) => {
    const other = actual[index];
    const isOff = other?.text === text && Math.abs(other.atMs - atMs) > TOLERANCE_MS;
    return isOff ? [`at ${atMs} on the core, at ${other.atMs} in workflows: ${text}`] : [];
  });
  return [
    ...missing.map(({ text, atMs }) => `only on the core, at ${atMs}: ${text}`),
    ...unexpected.map(({ text, atMs }) => `only in workflows, at ${atMs}: ${text}`),
    ...(expected.length === actual.length ? [] : [`${expected.length} on the core, ${actual.length} in workflows`]),
    ...off,
  ];
}

type Told = { readonly text: string; readonly atMs: number };

function toldBy({ entries, startAt }: Happened): readonly Told[] {
  const names = runNames(entries);
  const lines = entries.flatMap((entry) =>
    told(entry, names).map((text): Told => ({ text, atMs: entry.at - startAt })),
  );
  // When a start was heard of is a matter of the machine.
  const moments = lines.map((line) => (line.text.startsWith('["startReported"') ? { ...line, atMs: 0 } : line));
  return moments.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.atMs - b.atMs));
}

/** The id of a run of a fallback has its due moment in it, which is off by milliseconds: such runs go by their number. */
function runNames(entries: readonly LedgerEntry[]): ReadonlyMap<string, string> {
  const ids = entries.filter(({ kind, detail }) => kind === 'runDecided' && detail === 'fallback');
  return new Map(ids.map(({ runId = '' }, index) => [runId, `fallback ${index + 1}`] as const));
}

/** What an entry says, without what depends on how decisions fell into tasks. A window's events are told one by one. */
function told(
  { kind, key, stage, reason, runId = '', detail, eventIds = [] }: LedgerEntry,
  names: ReadonlyMap<string, string>,
): readonly string[] {
  const rest = [kind, key, stage, reason, detail];
  if (kind !== 'collected') return [JSON.stringify([...rest, names.get(runId) ?? runId, eventIds])];
  return eventIds.map((id) => JSON.stringify([...rest, id]));
}
