import { type Decision, NOTHING } from './decision.ts';
import type { Draft, RunRequest, Waits } from './fact.ts';
import type { Effect } from './effect.ts';
import { firstInLine } from './due.ts';
import type { Reason, StageName } from './reason.ts';
import { membersHash, runIdOf } from './run-id.ts';
import { afterStart } from './stages/breaker.ts';
import { staleness } from './stages/freshness.ts';
import { ADMISSION } from './stages/index.ts';
import { limitsOf } from './stages/limit.ts';
import type { Admission, Candidate, View } from './stages/stage.ts';
import type { LineName, Waiting } from './state.ts';
import { joined } from './unit.ts';
import { joinable } from './waiting.ts';
import { gatheredBytes } from './weight.ts';

/** Events that a moved wait names: it may move often, and each time a page carries them. */
const MOVED_IDS_MAX = 1_000;

type Closed = { readonly stage: StageName } & Extract<Admission, { kind: 'closed' }>;

/** The first closed stage for a candidate; undefined where all are open. */
function closedFor(view: View, candidate: Candidate): Closed | undefined {
  for (const { name, forced, admit } of ADMISSION) {
    if (forced && candidate.force) continue;
    const admission = admit(view, candidate);
    if (admission.kind === 'closed') return { stage: name, ...admission };
  }
  return undefined;
}

/** What waits first of a key, as a candidate. */
function candidateOf(key: string, waiting: Waiting): Candidate {
  const { items, last, receivedAt, bytes, cause, params, force, replays, turn } = waiting;
  const given = { ...(params && { params }), ...(force && { force }), ...(replays && { replays }) };
  return { key, items, last, receivedAt, bytes, cause, turn, ...given };
}

/** A candidate that leaves its windows: it starts where every stage is open, or becomes what the first closed one says. */
export function decideAdmission(view: View, candidate: Candidate, sole: boolean): Decision {
  const { key } = candidate;
  const closed = closedFor(view, candidate);
  if (closed) return turnedAway(view, candidate, closed);
  const waiting = view.state.keys.get(key)?.waiting ?? [];
  const [first, second] = waiting;
  if (!first || candidate.force) return start(view, candidate, sole);
  if (!second && joinable(first) && joinable({ how: 'hold', cause: candidate.cause })) {
    const all = { key, cause: candidate.cause, ...joined(candidateOf(key, first), candidate) };
    return before([{ kind: 'waitEnded', key }], start(view, all, false));
  }
  const reason = { kind: 'alreadyWaiting', since: first.sinceAt } as const;
  const behind = waits(candidate, { how: 'queue', stage: first.stage, reason, joins: false });
  return { drafts: [behind], effects: [], moves: [{ kind: 'recheck', key }] };
}

/** What becomes of a candidate at its first closed stage. */
function turnedAway(view: View, candidate: Candidate, closed: Closed): Decision {
  const { key } = candidate;
  const { stage, onExcess, untilAt, reason, drafts = [], effects = [] } = closed;
  switch (onExcess) {
    case 'drop':
      return { ...NOTHING, drafts: [suppressed(candidate, stage, reason)] };
    case 'ask':
      return start(view, candidate, false, stage === 'rate' ? 'rate' : 'cooldown');
    case 'hold':
    case 'queue':
    case 'park': {
      const others = view.state.keys.get(key)?.waiting ?? [];
      const joins = joinable({ how: onExcess, cause: candidate.cause }) && others.some(joinable);
      const until = untilAt === undefined ? {} : { untilAt };
      const wait = waits(candidate, { how: onExcess, stage, reason, joins, ...until });
      return { drafts: [...drafts, wait], effects, moves: [] };
    }
  }
}

/** What waits first of a key is looked at again, from the first stage on. */
export function decideWaiting(view: View, key: string): Decision {
  const [first, second] = view.state.keys.get(key)?.waiting ?? [];
  if (!first) return NOTHING;
  const candidate = candidateOf(key, first);
  const closed = closedFor(view, candidate);
  const ended: Draft = { kind: 'waitEnded', key };
  const next = second && { kind: 'recheck' as const, key };
  if (!closed) return before([ended], start(view, candidate, false), next);
  const { stage, onExcess, untilAt, reason, drafts = [], effects = [] } = closed;
  if (onExcess === 'ask') {
    return before([ended], start(view, candidate, false, stage === 'rate' ? 'rate' : 'cooldown'), next);
  }
  // What waits already is dropped by another stage alone: a changed definition drops nothing that its stage held.
  if (onExcess === 'drop' && first.how !== 'park' && stage !== first.stage) {
    return before([ended, suppressed(candidate, stage, reason)], NOTHING, next);
  }
  const how = stays(first.how, onExcess);
  if (first.stage === stage && first.untilAt === untilAt && first.how === how) return NOTHING;
  const until = untilAt === undefined ? {} : { untilAt };
  const eventIds = first.items.slice(0, MOVED_IDS_MAX).map((item) => item.eventId);
  const moved: Draft = {
    kind: 'waitMoved',
    key,
    how,
    stage,
    ...until,
    reason,
    eventIds,
    eventCount: first.items.length,
  };
  return { drafts: [...drafts, moved], effects, moves: [] };
}

/** A candidate that waits as a run of its own stays one; a held one becomes what the stage makes of it. */
function stays(was: Waits, onExcess: Waits | 'drop' | 'ask'): Waits {
  if (was !== 'hold' || onExcess === 'drop' || onExcess === 'ask') return was;
  return onExcess;
}

/** Serves a line: what is first in it is looked at again, and so on while it gets through. */
export function decideServe(view: View, stage: LineName): Decision {
  const key = view.state.paused ? undefined : firstInLine(view.state, stage);
  const first = key === undefined ? undefined : view.state.keys.get(key)?.waiting?.[0];
  if (key === undefined || !first) return NOTHING;
  const closed = closedFor(view, candidateOf(key, first));
  if (closed?.stage === stage && closed.untilAt === undefined) return NOTHING;
  return {
    ...NOTHING,
    moves: [
      { kind: 'recheck', key },
      { kind: 'serve', stage },
    ],
  };
}

type Wait = Pick<Extract<Draft, { kind: 'candidateWaits' }>, 'how' | 'stage' | 'reason' | 'joins' | 'untilAt'>;

function waits({ key, cause, params, force, replays, items, last, receivedAt, bytes }: Candidate, wait: Wait): Draft {
  const unit = { items, last, receivedAt, bytes };
  const given = { ...(params && { params }), ...(force && { force }), ...(replays && { replays }) };
  return { kind: 'candidateWaits', key, ...wait, cause, unit, ...given };
}

function suppressed({ key, items }: Candidate, stage: StageName, reason: Reason): Draft {
  return { kind: 'eventsSuppressed', key, eventIds: items.map((item) => item.eventId), stage, reason };
}

function before(drafts: readonly Draft[], then: Decision, next?: Decision['moves'][number]): Decision {
  const moves = next ? [...then.moves, next] : then.moves;
  return { drafts: [...drafts, ...then.drafts], effects: then.effects, moves };
}

/** Decides a run, unless freshness leaves none of its events or the same run is being started. */
function start(view: View, candidate: Candidate, sole: boolean, asks?: 'cooldown' | 'rate'): Decision {
  const { definition, at, state } = view;
  const { key, cause, last, replays } = candidate;
  const drafts: Draft[] = [];
  const items = candidate.items.filter((item) => {
    const reason = staleness(view, item.time, 'fire');
    if (reason) drafts.push({ kind: 'eventsSuppressed', key, eventIds: [item.eventId], stage: 'freshness', reason });
    return reason === undefined;
  });
  if (items.length === 0 && candidate.items.length > 0) return { ...NOTHING, drafts };
  const eventIds = items.map((item) => item.eventId);
  const identity = last.identity === undefined ? {} : { identity: last.identity };
  const members = { ...identity, eventIds, ...(replays && { replays }) };
  const runId = runIdOf({ trigger: definition.name, key, cause, ...members });
  if (state.starting.has(runId)) {
    const again: Draft = {
      kind: 'eventsSuppressed',
      key,
      eventIds,
      stage: 'run',
      reason: { kind: 'alreadyStarted', runId },
    };
    return { ...NOTHING, drafts: [...drafts, again] };
  }
  const allKept = items.length === candidate.items.length;
  const run: RunRequest = {
    runId,
    key,
    cause,
    firedAt: at,
    generation: definition.generation,
    settings: definition.run,
    mode: definition.mode,
    members: membersHash(members),
    items,
    last,
    receivedAt: candidate.receivedAt,
    bytes: allKept ? candidate.bytes : gatheredBytes(items, last),
    ...(asks && { asks: { stage: asks } }),
    ...(candidate.params && { params: candidate.params }),
    ...(replays && { replays }),
  };
  const effect: Effect = { kind: 'startRun', run, sole };
  return { drafts: [...drafts, { kind: 'runDecided', run, ...countedBy(view, run) }], effects: [effect], moves: [] };
}

/** What the start of a run closes: its cooldown, and a breaker that let it through. An asking run counts when approved. */
function countedBy({ definition, state, at }: View, { runId, key, asks }: RunRequest) {
  if (asks) return {};
  const { cooldown, breaker } = definition;
  const moved = breaker && afterStart(definition, limitsOf(state, breaker.scope, key).breaker, runId);
  return { ...(cooldown && { coolingUntil: at + cooldown.periodMs }), ...(moved && { breaker: moved }) };
}
