import type { ScheduleClient } from '@temporalio/client';

import type { LocalTime, ScheduleTimes, WantedSchedule } from './contract/schedules.ts';
import { cronAfterGaps, offsetMinutesAt, repeatsCronAt } from './core/calendar.ts';
import type { Definitions, Schedule } from './load/definitions.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Zone } from './spec/definition.ts';
import { reconcileSchedules } from './temporal/schedules.ts';

const MINUTE_MS = 60_000;
/** How far ahead times that clocks skip are named to Temporal; every start and reload names them anew. */
const GAP_YEARS = 5;
/** After a failure Temporal is asked again so soon: schedules are rarely changed, and a server that restarts needs seconds. */
const RETRY_MS = 10_000;

/** The schedules that definitions ask for. The same all through a year, so that nothing is changed without need. */
export function wantedSchedules({ sources }: Definitions, nowMs: number): readonly WantedSchedule[] {
  return [...sources.values()].flatMap(({ name, schedule }) =>
    schedule === undefined ? [] : [{ source: name, times: timesOf(schedule, nowMs) }],
  );
}

/** Temporal skips a local time that does not exist; cron has it due at the first moment after the gap. */
function timesOf(schedule: Schedule, nowMs: number): ScheduleTimes {
  if (schedule.kind === 'every') return schedule;
  const { text, cron, zone } = schedule;
  const year = new Date(nowMs).getUTCFullYear();
  const gaps = cronAfterGaps(cron, zone, Date.UTC(year, 0), Date.UTC(year + GAP_YEARS, 0));
  return { kind: 'cron', text, cron, timeZone: zone.name, once: gaps.map((at) => localTimeOf(zone, at)) };
}

function localTimeOf(zone: Zone, at: number): LocalTime {
  const local = new Date(at + offsetMinutesAt(zone, at) * MINUTE_MS);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
  };
}

/** Whether a tick is the second one of a local time that exists twice: Temporal has both due, cron the first. */
export function isRepeatedTick({ sources }: Definitions, source: string, at: number): boolean {
  const schedule = sources.get(source)?.schedule;
  return schedule?.kind === 'cron' && repeatsCronAt(schedule.cron, schedule.zone, at);
}

export type ScheduleKeeperDependencies = {
  readonly client: ScheduleClient;
  readonly definitions: () => Definitions;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly retryMs?: number;
};

/** Keeps Temporal's schedules as the definitions say, in the background; what fails is tried again until it succeeds. */
export class ScheduleKeeper {
  readonly #deps: ScheduleKeeperDependencies;
  /** Sources that this process has seen with a schedule. */
  #seen = new Set<string>();
  #status = { ok: true, detail: 'not yet compared with Temporal' };
  #asked = false;
  #working: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(dependencies: ScheduleKeeperDependencies) {
    this.#deps = dependencies;
  }

  /** Of the last attempt. */
  status(): { readonly ok: boolean; readonly detail: string } {
    return this.#status;
  }

  /** Asks for a comparison with the current definitions, after the one under way. */
  reconcile(): void {
    this.#asked = true;
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is under way; nothing is begun after it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#asked && !this.#closed) {
      this.#asked = false;
      clearTimeout(this.#retry);
      this.#status = await this.#attempt();
      this.#deps.metrics.set('signalbox_schedules_last_reconcile_success', {}, this.#status.ok ? 1 : 0);
      if (!this.#status.ok) this.#retry = setTimeout(() => this.reconcile(), this.#deps.retryMs ?? RETRY_MS).unref();
    }
    this.#working = undefined;
  }

  async #attempt(): Promise<{ readonly ok: boolean; readonly detail: string }> {
    const { client, definitions, log, now } = this.#deps;
    const wanted = wantedSchedules(definitions(), now());
    for (const { source } of wanted) this.#seen.add(source);
    try {
      const { foreign, ...changes } = await reconcileSchedules(client, wanted, this.#seen);
      this.#seen = new Set(wanted.map(({ source }) => source));
      if (Object.values(changes).some((names) => names.length > 0)) log.info(changes, 'schedules in Temporal changed');
      if (foreign.length === 0) return { ok: true, detail: `schedules in Temporal: ${wanted.length}` };
      const detail = `Schedules that Signalbox did not make are in the way: ${foreign.map((it) => `source/${it}`).join(', ')}. Delete them in Temporal, or rename the Sources.`;
      log.error({ foreign }, 'schedules that Signalbox did not make are in the way');
      return { ok: false, detail };
    } catch (error) {
      log.error({ err: error }, 'schedules in Temporal could not be compared with the definitions; tried again');
      return { ok: false, detail: `Schedules may differ from the definitions: ${String(error)}` };
    }
  }
}
