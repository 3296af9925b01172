import { momentsOf } from '../backtest/scenario/core-engine.ts';
import type { Happened } from '../backtest/scenario/happened.ts';
import type { Definitions } from '../load/definitions.ts';
import type { LoadedScenario } from '../load/scenario.ts';
import { Play } from './play.ts';
import { pretend } from './pretended.ts';
import { openVirtualServer, ServerStuck, type VirtualServer } from './server.ts';
import { shiftTo } from './shift.ts';

/** Looks at a scenario that ends by itself, at most: one whose fallback fires every minute must not go on for good. */
const LOOKS_MAX = 2_000;
/** A scenario that is busy without knowing until when is looked at again so much later, then twice as much, and so on. */
const LOOK_AGAIN_MS = 60_000;
const LOOK_DOUBLES_MAX = 10;
/** Servers that are tried, one after the other, while they get stuck. */
const SERVERS_MAX = 3;
/** From the start of the server to that of the first scenario, at least. */
const LEAD_MS = 60_000;
/** From the begin of one scenario to the next: people write round minutes, so few moments coincide then. */
const APART_MS = 37_000;
/** Instances are there before the first event of their scenario. */
const EARLY_MS = 20_000;
/** What is due at a moment is decided when so much virtual time has passed after it. */
const SETTLE_MS = 1_500;

/**
 * Runs scenarios through the real workflows on one time-skipping server, all at once on one clock; no two of them may
 * test one trigger. `path` is the executable of the server, `code` the bundled workflows where somebody has them. What
 * happened is in the order of the scenarios.
 */
export async function playAll(
  scenarios: readonly LoadedScenario[],
  server: { readonly path: string; readonly code?: string },
): Promise<readonly Happened[]> {
  for (let attempt = 1; attempt < SERVERS_MAX; attempt += 1) {
    try {
      return await playOnce(scenarios, server);
    } catch (error) {
      if (!(error instanceof ServerStuck)) throw error;
    }
  }
  return playOnce(scenarios, server);
}

async function playOnce(
  scenarios: readonly LoadedScenario[],
  { path, code }: { readonly path: string; readonly code?: string },
): Promise<readonly Happened[]> {
  const plays = new Map<string, Play>();
  const server = await openVirtualServer({
    path,
    ...(code !== undefined && { code }),
    definitions: () => definitionsOf(plays),
    onPage: (page) => plays.get(page.trigger)?.take(page),
    pretend: (now) => pretend((trigger) => plays.get(trigger), now),
  });
  try {
    const now = await server.now();
    const all = scenarios.map((scenario, index) => new Play(scenario, shiftOf(scenario, index, now)));
    for (const play of all) plays.set(play.trigger.name, play);
    const happened = new Map<Play, Happened>();
    const timeline = new Timeline(all, (play, what) => happened.set(play, what));
    for (let next = timeline.next(); next !== undefined; next = timeline.next()) {
      await server.sleepUntil(next.at);
      await next.happen(server);
    }
    return all.flatMap((play) => happened.get(play) ?? []);
  } finally {
    await server.close();
  }
}

/**
 * Where hours or cron times count, the calendar must stay what it is. Other scenarios begin apart, so that what they do
 * at one moment of their own is not all done at one of the server.
 */
function shiftOf({ trigger, startAt }: LoadedScenario, index: number, now: number): number {
  const { hours, fallback } = trigger.definition;
  const shiftMs = shiftTo(startAt, now + LEAD_MS);
  return hours || fallback?.at ? shiftMs : shiftMs + index * APART_MS;
}

type Moment = { readonly at: number; readonly happen: (server: VirtualServer) => Promise<unknown> };

/** What is sent and done in all scenarios, in the order of the one clock. */
class Timeline {
  #moments: Moment[];
  readonly #onEnd: (play: Play, happened: Happened) => void;

  constructor(plays: readonly Play[], onEnd: (play: Play, happened: Happened) => void) {
    this.#onEnd = onEnd;
    this.#moments = plays.flatMap((play) => this.#momentsOf(play)).toSorted((a, b) => a.at - b.at);
  }

  next(): Moment | undefined {
    return this.#moments.shift();
  }

  #momentsOf(play: Play): readonly Moment[] {
    const { startAt, scenario } = play;
    const { until, actions } = scenario.spec;
    const own = momentsOf(scenario).map((moment): Moment => {
      const at = startAt + moment.atMs;
      if (moment.kind === 'event') return { at, happen: (server) => play.send(moment.event, server) };
      return { at, happen: (server) => play.act(actions.indexOf(moment.action), moment.action, server) };
    });
    const begin = { at: startAt - EARLY_MS, happen: (server: VirtualServer) => play.begin(server) };
    const lastAt = own.at(-1)?.at ?? startAt;
    const end: Moment =
      until === undefined
        ? { at: lastAt + SETTLE_MS, happen: (server) => this.#look(play, server, 0) }
        : { at: startAt + until + SETTLE_MS, happen: (server) => this.#end(play, server) };
    return [begin, ...own, end];
  }

  /** Ends a scenario in which nothing waits and no run goes on; looks again later at another one. */
  async #look(play: Play, server: VirtualServer, looks: number): Promise<void> {
    const nextAt = await play.nextAt(server);
    if (nextAt === undefined || looks >= LOOKS_MAX) return this.#end(play, server);
    const now = await server.now();
    const later = now + LOOK_AGAIN_MS * 2 ** Math.min(looks, LOOK_DOUBLES_MAX);
    const at = (Number.isFinite(nextAt) ? Math.max(nextAt, now) : later) + SETTLE_MS;
    this.#moments.push({ at, happen: (again) => this.#look(play, again, looks + 1) });
    this.#moments.sort((a, b) => a.at - b.at);
  }

  /** What is over must not go on beside those that have not begun. */
  async #end(play: Play, server: VirtualServer): Promise<void> {
    this.#onEnd(play, await play.happened(server));
    await play.end(server);
  }
}

/** What the worker looks up: the triggers alone, since no target is called. */
function definitionsOf(plays: ReadonlyMap<string, Play>): Definitions {
  const triggers = new Map([...plays].map(([name, { trigger }]) => [name, trigger]));
  return {
    loadedAt: 0,
    triggers,
    targets: new Map(),
    sources: new Map(),
    pools: new Map(),
    written: [],
    fingerprint: '',
  };
}
