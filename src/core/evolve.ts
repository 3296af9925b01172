import type { Draft, Fact } from './fact.ts';
import { identityOf } from './stages/dedupe.ts';
import { lastOf } from './stages/debounce.ts';
import {
  addStarting,
  dueAt,
  heldBytes,
  keyEntryBytes,
  lastBytes,
  runBytes,
  type Gathered,
  type KeyState,
  type TriggerState,
} from './state.ts';

type FactOf<K extends Draft['kind']> = Extract<Fact, { kind: K }>;

/**
 * Folds one fact into the state: the only way state changes. The collections of `state` change in place and it is
 * returned; the argument must not be used afterwards.
 */
export function evolve(state: TriggerState, fact: Fact): TriggerState {
  state.seq = fact.seq;
  state.clock = Math.max(state.clock, fact.at);
  apply(state, fact);
  return state;
}

function apply(state: TriggerState, fact: Fact): void {
  switch (fact.kind) {
    case 'definitionAdopted':
      // A longer window starts with what the shorter one remembered, with or without a continue-as-new in between.
      state.seen.forget(fact.at, state.definition.dedupe.windowMs);
      state.definition = fact.definition;
      return;
    case 'eventRecorded':
      state.counts.accepted += 1;
      state.seen.add(identityOf(fact.offer.eventId), fact.offer.body, fact.at);
      if (fact.by && fact.offer.by !== undefined) state.seen.add(fact.offer.by, '', fact.at);
      return;
    case 'eventsSuppressed':
      if (fact.reason.kind === 'duplicate') state.counts.accepted += 1;
      state.counts.suppressed[fact.stage] += fact.eventIds.length;
      return;
    case 'eventDeadLettered':
      state.counts.accepted += 1;
      state.counts.deadLettered += 1;
      return;
    case 'runDecided':
      decided(state, fact);
      return;
    case 'startReported':
      reported(state, fact);
      return;
    case 'runEnded':
      state.counts.ended[fact.report.status] += 1;
      return;
    case 'windowOpened':
    case 'windowExtended':
    case 'eventCollected':
    case 'windowClosed':
    case 'candidateHeld':
    case 'holdReleased':
    case 'cooldownEnded':
      applyToKey(state, fact);
  }
}

type KeyFact = FactOf<
  | 'windowOpened'
  | 'windowExtended'
  | 'eventCollected'
  | 'windowClosed'
  | 'candidateHeld'
  | 'holdReleased'
  | 'cooldownEnded'
>;

function applyToKey(state: TriggerState, fact: KeyFact): void {
  changeKey(state, fact.key, (key) => {
    switch (fact.kind) {
      case 'windowOpened': {
        const { mode, settings, at } = fact;
        key.window = { mode, settings, openedAt: at, dueAt: fact.dueAt, items: [], last: {}, receivedAt: at, bytes: 0 };
        return;
      }
      case 'windowExtended':
        if (key.window) key.window.dueAt = fact.dueAt;
        return;
      case 'eventCollected':
        if (key.window) collect(state, key.window, fact);
        return;
      case 'windowClosed':
        release(state, key.window);
        delete key.window;
        return;
      case 'candidateHeld':
        hold(state, key, fact);
        return;
      case 'holdReleased':
        release(state, key.hold);
        delete key.hold;
        return;
      case 'cooldownEnded':
        delete key.coolingUntil;
    }
  });
}

/** Changes one key's entry, makes it where there is none, and lets go of it when nothing is left in it. */
function changeKey(state: TriggerState, name: string, change: (key: KeyState) => void): void {
  const known = state.keys.get(name);
  const key = known ?? {};
  const heldBefore = heldBytes(key);
  change(key);
  const due = dueAt(key);
  state.deadlines.set(name, due);
  if (known) state.keyBytes += heldBytes(key) - heldBefore;
  if (due === undefined && known) {
    state.keys.delete(name);
    state.keyBytes -= keyEntryBytes(name, key);
  } else if (due !== undefined && !known) {
    state.keys.set(name, key);
    state.keyBytes += keyEntryBytes(name, key);
  }
}

function collect(state: TriggerState, window: Gathered, fact: FactOf<'eventCollected'>): void {
  const { offer, item, bytes } = fact;
  if (fact.replaces) window.items.pop();
  else state.pendingItems += 1;
  const isFirst = window.items.length === 0;
  window.items.push(item);
  window.last = lastOf(offer);
  window.receivedAt = isFirst ? offer.receivedAt : Math.min(window.receivedAt, offer.receivedAt);
  window.bytes += bytes;
  state.pendingBytes += bytes;
}

function release(state: TriggerState, gathered: Gathered | undefined): void {
  if (!gathered) return;
  state.pendingItems -= gathered.items.length;
  state.pendingBytes -= gathered.bytes;
}

function hold(state: TriggerState, key: KeyState, fact: FactOf<'candidateHeld'>): void {
  const { stage, untilAt, items, last, receivedAt, bytes } = fact;
  const added = bytes - (key.hold ? lastBytes(key.hold.last) : 0);
  state.pendingItems += items.length;
  state.pendingBytes += added;
  if (!key.hold) {
    key.hold = { stage, untilAt, items: [...items], last, receivedAt, bytes };
    return;
  }
  for (const item of items) key.hold.items.push(item);
  key.hold.stage = stage;
  key.hold.untilAt = untilAt;
  key.hold.last = last;
  key.hold.receivedAt = Math.min(key.hold.receivedAt, receivedAt);
  key.hold.bytes += added;
}

function decided(state: TriggerState, { run, coolingUntil }: FactOf<'runDecided'>): void {
  addStarting(state, run);
  state.counts.runs += 1;
  state.counts.eventsInRuns += run.items.length;
  if (coolingUntil !== undefined) {
    changeKey(state, run.key, (key) => {
      key.coolingUntil = coolingUntil;
    });
  }
}

function reported(state: TriggerState, { report }: FactOf<'startReported'>): void {
  const run = state.starting.get(report.runId);
  if (!run) return;
  state.starting.delete(report.runId);
  const bytes = runBytes(run);
  state.startingItems -= run.items.length;
  state.startingBytes -= bytes;
  state.pendingItems -= run.items.length;
  state.pendingBytes -= bytes;
  if (report.outcome !== 'conflict') return;
  // Another run has the id: this one never was, and its events are in a dead letter.
  state.counts.runs -= 1;
  state.counts.eventsInRuns -= run.items.length;
  state.counts.deadLettered += run.items.length;
}
