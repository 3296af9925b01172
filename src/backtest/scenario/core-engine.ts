import { eventIdOf } from '../../accept/event-id.ts';
import { whyNot } from '../../accept/no-match.ts';
import { eventJson } from '../../accept/lineage.ts';
import { offerOf, type Offered } from '../../accept/offer.ts';
import type { Order } from '../../core/input.ts';
import { type LedgerEntry, ledgerPage } from '../../core/ledger.ts';
import { Simulation } from '../../core/simulate.ts';
import { definitionAt } from '../../load/definition.ts';
import { DEFAULT_KEY, type LoadedTrigger } from '../../load/definitions.ts';
import type { LoadedScenario, ScenarioEvent } from '../../load/scenario.ts';
import type { JsonObject } from '../../spec/json.ts';
import type { ScenarioAction } from '../../spec/scenario.ts';
import { actOf, Courses, type ResolveRun } from './course.ts';
import type { Arrival, Happened, IdleAction } from './happened.ts';

/** What comes in at POST /events has this source name. */
const EVENTS_SOURCE = 'events';
/** Who acts in a scenario. */
const BY = 'the scenario';

/** Runs a scenario on the decision core, in virtual time. `lateMs` says how late what is due is noticed: without it, never. */
export function runOnCore(scenario: LoadedScenario, resolve: ResolveRun, lateMs?: () => number): Happened {
  const { trigger, startAt, spec } = scenario;
  const courses = new Courses(scenario, resolve);
  const arrivals: Arrival[] = [];
  const entries: LedgerEntry[] = [];
  const definition = definitionAt(trigger, startAt);
  const simulation = new Simulation(definition, {
    runs: courses.model,
    endOf: courses.endOf,
    startAt,
    ...(lateMs && { lateMs }),
    onFact: (fact) => {
      if (fact.kind === 'runEnded') courses.ended(fact.report);
    },
    onStep: (facts) => entries.push(...ledgerPage(simulation.state, facts).entries),
  });
  const idle: IdleAction[] = [];
  const perform = (action: ScenarioAction, atMs: number) => {
    const order = orderOf(action, `${scenario.name} at ${atMs}`);
    if (order) return simulation.input(order, startAt + atMs);
    const act = actOf(action);
    const changed = act && courses.act(act, atMs);
    if (changed) simulation.change(changed.runId, changed.course);
    else if (act) idle.push({ index: spec.actions.indexOf(action), atMs, what: act.kind });
  };
  for (const moment of momentsOf(scenario)) {
    simulation.advance(startAt + moment.atMs);
    if (moment.kind === 'action') {
      perform(moment.action, moment.atMs);
      continue;
    }
    const { arrival, offered } = arrive(trigger, moment.event, startAt);
    arrivals.push(arrival);
    if (offered.kind === 'offer') simulation.input({ kind: 'offer', offer: offered.offer }, startAt + moment.atMs);
  }
  if (spec.until === undefined) simulation.finish();
  else simulation.advance(startAt + spec.until);
  const waiting = courses.waitingAt(simulation.clock - startAt);
  return { arrivals, entries, params: courses.params, waiting, idle, startAt, toleranceMs: 0 };
}

type Moment =
  | { readonly kind: 'action'; readonly atMs: number; readonly action: ScenarioAction }
  | { readonly kind: 'event'; readonly atMs: number; readonly event: ScenarioEvent };

/** What is done and sent, in order; at one moment people come first. */
export function momentsOf({ spec, events }: LoadedScenario): readonly Moment[] {
  const actions = spec.actions.map((action) => ({ kind: 'action', atMs: action.at, action }) as const);
  const sent = events.map((event) => ({ kind: 'event', atMs: event.atMs, event }) as const);
  return [...actions, ...sent].toSorted((a, b) => a.atMs - b.atMs);
}

/** What a person asks of the instance; what is done to one run is part of its course. `id` tells orders to fire apart. */
export function orderOf(action: ScenarioAction, id: string): Order | undefined {
  if ('pause' in action) return { kind: 'pause', ...keyOf(action.pause), by: BY };
  if ('resume' in action) return { kind: 'resume', ...keyOf(action.resume), by: BY };
  if ('breaker' in action) return { kind: 'breaker', ...keyOf(action.breaker), to: action.breaker.state, by: BY };
  if (!('fire' in action)) return undefined;
  const { key = DEFAULT_KEY, params, force } = action.fire;
  return { kind: 'fire', key, id, force, by: BY, ...(params && { params }) };
}

function keyOf({ key }: { readonly key?: string | undefined }): { readonly key?: string } {
  return key === undefined ? {} : { key };
}

/** What the accepting side makes of an event that came in through the Source its trigger names. */
export function arrive(
  trigger: LoadedTrigger,
  { atMs, event }: ScenarioEvent,
  startAt: number,
): { readonly arrival: Arrival; readonly offered: Offered } {
  const eventId = eventIdOf(event);
  const json = eventJson({ event });
  const sources = new Set(trigger.selectors.map(({ source }) => source ?? EVENTS_SOURCE));
  let offered: Offered = { kind: 'noMatch' };
  for (const source of sources) {
    offered = offerOf(trigger, { event, source, receivedAt: startAt + atMs }, eventId, json);
    if (offered.kind !== 'noMatch') break;
  }
  return {
    arrival: { atMs, event, eventId, became: becameOf(trigger, offered, [...sources][0] ?? '', json) },
    offered,
  };
}

function becameOf(trigger: LoadedTrigger, offered: Offered, source: string, json: JsonObject): Arrival['became'] {
  switch (offered.kind) {
    case 'offer':
      return { kind: 'offer', key: offered.offer.key };
    case 'noMatch':
      return { kind: 'noMatch', why: whyNot(trigger, { source, json })?.sentence ?? '' };
    case 'failed':
      return offered;
  }
}
