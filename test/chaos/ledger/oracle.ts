import type { Acked, Evidence, InstanceEvidence, RunEvidence } from './evidence.ts';

/** Examples named in one violation. */
const EXAMPLES = 3;

/** What is wrong with the evidence, one sentence each; nothing when every promise was kept. */
export function violations(evidence: Evidence): readonly string[] {
  return [
    ...evidence.instances.flatMap((instance) => accounts(instance, evidence)),
    ...unheard(evidence),
    ...runsTwice(evidence.runs),
    ...starts(evidence),
    ...evidence.broken.map(({ workflowId, status }) => `${workflowId} ended as ${status}`),
  ];
}

/** What an instance was sent, told apart by what the contract makes of it. */
type Classified = {
  readonly distinct: ReadonlySet<string>;
  readonly duplicates: number;
  /** Deliveries of a known event with another body. */
  readonly conflicts: readonly string[];
};

/** The first delivery of an event counts, the same again is a duplicate, the same with another body a conflict. */
function classify(instance: Pick<InstanceEvidence, 'deliveries'>): Classified {
  const first = new Map<string, string>();
  const conflicts: string[] = [];
  let duplicates = 0;
  for (const { eventId, body } of instance.deliveries) {
    const known = first.get(eventId);
    if (known === undefined) first.set(eventId, body);
    else if (known === body) duplicates += 1;
    else conflicts.push(eventId);
  }
  return { distinct: new Set(first.keys()), duplicates, conflicts };
}

/** The books of one instance close: every delivery is in exactly one place, and nothing is anywhere that was not sent. */
function accounts(instance: InstanceEvidence, { acked, runs, deadLetters }: Evidence): readonly string[] {
  const { trigger, counts, pending, deliveries, suppresses } = instance;
  const { distinct, duplicates, conflicts } = classify(instance);
  const ofTrigger = runs.filter((run) => run.trigger === trigger);
  const members = ofTrigger.flatMap((run) => run.eventIds);
  const released = suppresses === undefined ? 0 : counts.suppressed[suppresses];
  const known = new Set(members);
  const dead = new Set(
    deadLetters
      .filter((letter) => letter.trigger === trigger && letter.code === 'event_id_conflict')
      .flatMap((letter) => letter.eventIds),
  );
  return [
    ...same(`${trigger}: pending events`, pending, 0),
    ...same(`${trigger}: deliveries decided and sent`, counts.accepted, deliveries.length),
    ...same(`${trigger}: duplicates suppressed and sent`, counts.suppressed.dedupe, duplicates),
    ...same(`${trigger}: conflicts dead-lettered and sent`, counts.deadLettered, conflicts.length),
    ...same(`${trigger}: runs decided and started`, counts.runs, ofTrigger.length),
    ...same(`${trigger}: events of runs decided and started`, counts.eventsInRuns, members.length),
    ...same(`${trigger}: events in runs or released, and distinct events`, members.length + released, distinct.size),
    ...(suppresses === undefined
      ? listed(
          `${trigger}: acknowledged and in no run`,
          idsOf(acked, trigger, (id) => !known.has(id)),
        )
      : []),
    ...listed(
      `${trigger}: acknowledged and never delivered`,
      idsOf(acked, trigger, (id) => !distinct.has(id)),
    ),
    ...listed(
      `${trigger}: in a run and never delivered`,
      members.filter((id) => !distinct.has(id)),
    ),
    ...listed(
      `${trigger}: conflicts without a dead letter`,
      conflicts.filter((id) => !dead.has(id)),
    ),
    ...distances(instance, ofTrigger),
  ];
}

/** Acknowledged for a trigger without an instance, or as dead letters that nobody holds. */
function unheard({ acked, ackedDead, instances, deadLetters }: Evidence): readonly string[] {
  const living = new Set(instances.map(({ trigger }) => trigger));
  const held = new Set(deadLetters.flatMap(({ trigger, eventIds }) => eventIds.map((id) => `${trigger} ${id}`)));
  const lost = acked.filter(({ trigger }) => !living.has(trigger));
  const undead = ackedDead.filter(({ trigger, eventId }) => !held.has(`${trigger} ${eventId}`));
  return [
    ...listed(
      'acknowledged for a trigger without an instance',
      lost.map(({ eventId }) => eventId),
    ),
    ...listed(
      'acknowledged as dead letters and not held',
      undead.map(({ eventId }) => eventId),
    ),
  ];
}

/** No event is in two runs of one trigger. */
function runsTwice(runs: readonly RunEvidence[]): readonly string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const { trigger, eventIds } of runs) {
    for (const eventId of eventIds) {
      const place = `${trigger} ${eventId}`;
      if (seen.has(place)) twice.push(place);
      seen.add(place);
    }
  }
  return listed('in two runs', twice);
}

/** Every run was called at the target, always with the same body, which names the run's events; and nothing else was. */
function starts({ runs, calls }: Evidence): readonly string[] {
  const bodies = new Map<string, Set<string>>();
  const named = new Map<string, string>();
  for (const { runId, text, eventIds } of calls) {
    bodies.set(runId, (bodies.get(runId) ?? new Set()).add(text));
    if (eventIds) named.set(runId, [...eventIds].sort().join(' '));
  }
  const known = new Map(runs.map((run) => [run.runId, run] as const));
  const wrong = [...named].filter(([runId, ids]) => [...(known.get(runId)?.eventIds ?? [])].sort().join(' ') !== ids);
  return [
    ...listed(
      'runs never called at the target',
      [...known.keys()].filter((runId) => !bodies.has(runId)),
    ),
    ...listed(
      'called at the target without a run',
      [...bodies.keys()].filter((runId) => !known.has(runId)),
    ),
    ...listed(
      'called with two bodies',
      [...bodies].flatMap(([runId, texts]) => (texts.size > 1 ? [runId] : [])),
    ),
    ...listed(
      'called with other events than the run has',
      wrong.map(([runId]) => runId),
    ),
  ];
}

/** The runs of one key keep the cooldown's distance. */
function distances({ trigger, cooldownMs }: InstanceEvidence, runs: readonly RunEvidence[]): readonly string[] {
  if (cooldownMs === undefined) return [];
  const last = new Map<string, number>();
  const tooSoon: string[] = [];
  for (const { key, firedAt, runId } of [...runs].sort((a, b) => a.firedAt - b.firedAt)) {
    const before = last.get(key);
    if (before !== undefined && firedAt - before < cooldownMs) tooSoon.push(`${runId} after ${firedAt - before} ms`);
    last.set(key, firedAt);
  }
  return listed(`${trigger}: started within the cooldown`, tooSoon);
}

function idsOf(acked: readonly Acked[], trigger: string, wanted: (eventId: string) => boolean): readonly string[] {
  return acked.flatMap((one) => (one.trigger === trigger && wanted(one.eventId) ? [one.eventId] : []));
}

function same(what: string, left: number, right: number): readonly string[] {
  return left === right ? [] : [`${what} differ: ${left} and ${right}`];
}

function listed(what: string, found: readonly string[]): readonly string[] {
  const shown = found.slice(0, EXAMPLES).join(', ');
  return found.length === 0 ? [] : [`${what}: ${found.length}, such as ${shown}`];
}
