import { eventIdOf } from '../accept/event-id.ts';
import { eventJson } from '../accept/lineage.ts';
import { offerOf } from '../accept/offer.ts';
import type { RunModel } from '../core/simulate.ts';
import { Simulation } from '../core/simulate.ts';
import { definitionAt } from '../load/definition.ts';
import type { LoadedSelector, LoadedTrigger } from '../load/definitions.ts';
import type { JsonObject } from '../spec/json.ts';
import type { Arrival } from './arrival.ts';
import { Differences } from './differences.ts';
import type { Schedule } from './schedule.ts';
import { Scheduled } from './scheduled.ts';
import { Tally } from './tally.ts';

/** How long after the last event windows and holds are let to end where no end of the span is named. */
const SETTLE_MAX_MS = 86_400_000;

/** Types of events of which is remembered who wants them; for further ones it is asked each time. */
const TYPES_MAX = 1_000;

/** What a file that does not say it comes in through: any Source may have been the way. */
const ANY_SOURCE = 'events';

export type BacktestOptions = {
  readonly triggers: readonly LoadedTrigger[];
  /** The definitions to compare with; triggers are the same by their name. */
  readonly against?: readonly LoadedTrigger[];
  readonly baseline?: Schedule;
  /** From the start of a run to its end; it succeeds, and where a person has to approve it, is approved at once. */
  readonly runTakesMs: number;
  /** Where the span begins, epoch milliseconds. */
  readonly startAt: number;
};

/** One trigger over the whole span, under the definitions at hand, the live ones, and a schedule. */
export type TriggerOutcome = {
  readonly name: string;
  /** Absent where only the live definitions have the trigger. */
  readonly now?: { readonly trigger: LoadedTrigger; readonly tally: Tally; readonly pendingEvents: number };
  /** Absent where there is nothing to compare with, or where the live definitions do not have it. */
  readonly live?: { readonly trigger: LoadedTrigger; readonly tally: Tally; readonly pendingEvents: number };
  readonly differences?: Differences;
  readonly scheduled?: Scheduled;
};

export type BacktestOutcome = {
  readonly fromAt: number;
  readonly untilAt: number;
  readonly events: number;
  readonly triggers: readonly TriggerOutcome[];
};

/**
 * Runs arrivals, in the order of their time, through the accepting code and a simulated instance of every trigger, all at
 * once. What it keeps does not grow with the arrivals.
 */
export class Backtest {
  readonly #startAt: number;
  readonly #pairs: readonly Pair[];
  readonly #byType = new Map<string, readonly Pair[]>();
  #events = 0;
  #lastAt: number;

  constructor({ triggers, against, baseline, runTakesMs, startAt }: BacktestOptions) {
    const live = new Map((against ?? []).map((trigger) => [trigger.name, trigger]));
    const own = new Set(triggers.map(({ name }) => name));
    const runs: RunModel = () => ({ takesMs: runTakesMs, status: 'succeeded' });
    const of = { runs, startAt, isCompared: against !== undefined, ...(baseline && { baseline }) };
    this.#startAt = startAt;
    this.#lastAt = startAt;
    this.#pairs = [
      ...triggers.map((trigger) => new Pair(trigger, live.get(trigger.name), of)),
      ...[...live.values()].filter(({ name }) => !own.has(name)).map((trigger) => new Pair(undefined, trigger, of)),
    ];
  }

  take(arrival: Arrival): void {
    this.#events += 1;
    this.#lastAt = arrival.receivedAt;
    const wanting = this.#wanting(arrival.event.type);
    if (wanting.length === 0) return;
    const eventId = eventIdOf(arrival.event);
    const json = eventJson(arrival);
    for (const pair of wanting) pair.take(arrival, eventId, json);
  }

  /** The triggers that may take events of a type: most want one type of very many. */
  #wanting(type: string): readonly Pair[] {
    const known = this.#byType.get(type);
    if (known) return known;
    const wanting = this.#pairs.filter((pair) => pair.mayWant(type));
    if (this.#byType.size < TYPES_MAX) this.#byType.set(type, wanting);
    return wanting;
  }

  /** Ends the span: at a moment, or else when nothing is pending any more, at most a day after the last event. */
  end(untilAt?: number): BacktestOutcome {
    const settledAt = untilAt ?? Math.max(...this.#pairs.map((pair) => pair.settledAt(this.#lastAt)), this.#lastAt);
    const triggers = this.#pairs.map((pair) => pair.end(settledAt));
    return { fromAt: this.#startAt, untilAt: settledAt, events: this.#events, triggers };
  }
}

type Surroundings = {
  readonly runs: RunModel;
  readonly startAt: number;
  readonly isCompared: boolean;
  readonly baseline?: Schedule;
};

/** One trigger, under the definitions at hand and the live ones. Where both are the same they are run once. */
class Pair {
  readonly #now: Lane | undefined;
  readonly #live: Lane | undefined;
  readonly #differences: Differences | undefined;
  readonly #scheduled: Scheduled | undefined;

  constructor(now: LoadedTrigger | undefined, live: LoadedTrigger | undefined, of: Surroundings) {
    const differences = of.isCompared ? new Differences() : undefined;
    const isSame = now !== undefined && now.generation === live?.generation;
    const onRun = (side: 'gained' | 'lost') =>
      isSame ? undefined : differences && differences.take.bind(differences, side);
    this.#differences = differences;
    this.#now = now && new Lane(now, of, new Tally(of.startAt, onRun('gained')));
    this.#live = isSame ? this.#now : live && new Lane(live, of, new Tally(of.startAt, onRun('lost')));
    this.#scheduled = of.baseline && new Scheduled(of.baseline.from(of.startAt), of.startAt);
  }

  take(arrival: Arrival, eventId: string, json: JsonObject): void {
    const isData = this.#now?.take(arrival, eventId, json) ?? false;
    if (this.#live !== this.#now) this.#live?.take(arrival, eventId, json);
    if (isData) this.#scheduled?.arrived(arrival.receivedAt);
  }

  mayWant(type: string): boolean {
    return [this.#now, this.#live].some((lane) => lane?.mayWant(type) === true);
  }

  settledAt(lastAt: number): number {
    return Math.max(this.#now?.settledAt(lastAt) ?? lastAt, this.#live?.settledAt(lastAt) ?? lastAt);
  }

  end(untilAt: number): TriggerOutcome {
    const now = this.#now?.end(untilAt);
    const live = this.#live === this.#now ? now : this.#live?.end(untilAt);
    this.#differences?.end();
    this.#scheduled?.end(untilAt);
    return {
      name: (now ?? live)?.trigger.name ?? '',
      ...(now && { now }),
      ...(this.#differences && live && { live }),
      ...(this.#differences && { differences: this.#differences }),
      ...(now && this.#scheduled && { scheduled: this.#scheduled }),
    };
  }
}

/** One definition of a trigger with its simulated instance. */
class Lane {
  readonly #trigger: LoadedTrigger;
  /** For events that do not say through which Source they came. */
  readonly #ofAnySource: LoadedTrigger;
  readonly #simulation: Simulation;
  readonly #tally: Tally;

  constructor(trigger: LoadedTrigger, { runs, startAt }: Surroundings, tally: Tally) {
    this.#trigger = trigger;
    this.#ofAnySource = { ...trigger, selectors: trigger.selectors.map(ofAnySource) };
    this.#tally = tally;
    // In virtual time the definition is loaded when the span begins.
    this.#simulation = new Simulation(definitionAt(trigger, startAt), { runs, startAt, onFact: tally.take });
  }

  mayWant(type: string): boolean {
    return this.#trigger.selectors.some(({ pattern }) => pattern === undefined || pattern.mayMatchType(type));
  }

  /** Whether the event is data for the trigger: it takes it, and has not seen it before. */
  take(arrival: Arrival, eventId: string, json: JsonObject): boolean {
    const { event, source = ANY_SOURCE, receivedAt } = arrival;
    const trigger = arrival.source === undefined ? this.#ofAnySource : this.#trigger;
    const offered = offerOf(trigger, { event, source, receivedAt }, eventId, json);
    switch (offered.kind) {
      case 'noMatch':
        return false;
      case 'failed':
        this.#tally.failure(offered, arrival);
        return false;
      case 'offer':
        this.#tally.offered(receivedAt);
        this.#simulation.input({ kind: 'offer', offer: offered.offer }, receivedAt);
        return this.#tally.tookData;
    }
  }

  settledAt(lastAt: number): number {
    this.#simulation.finish(lastAt + SETTLE_MAX_MS);
    return this.#simulation.clock;
  }

  end(untilAt: number): NonNullable<TriggerOutcome['now']> {
    this.#simulation.advance(untilAt);
    this.#tally.passTo(untilAt);
    const { pendingItems } = this.#simulation.state;
    return { trigger: this.#trigger, tally: this.#tally, pendingEvents: pendingItems };
  }
}

function ofAnySource(selector: LoadedSelector): LoadedSelector {
  const { source: _source, ...rest } = selector;
  return rest;
}
