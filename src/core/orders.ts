import { type Decision, type Move, NOTHING } from './decision.ts';
import type { ReplayOf } from './fact.ts';
import type { Order } from './input.ts';
import { CLOSED, sinceOf } from './limit-state.ts';
import type { LastEvent } from './offer.ts';
import { isParked, recheckAll, roomMade } from './shared.ts';
import { replaysOf } from './stages/breaker.ts';
import { limitsOf } from './stages/limit.ts';
import type { View } from './stages/stage.ts';
import { gatheredBytes, lastBytes } from './weight.ts';

type OrderOf<K extends Order['kind']> = Extract<Order, { kind: K }>;

/** Decides what a person asked for. What is so already stays so, without a fact. */
export function decideOrder(view: View, order: Order): Decision {
  switch (order.kind) {
    case 'pause':
      return decidePause(view, order);
    case 'resume':
      return decideResume(view, order);
    case 'fire':
      return decideFire(view, order);
    case 'replay':
      return decideReplay(view, order);
    case 'breaker':
      return decideBreaker(view, order);
  }
}

function pauseOf({ state }: View, key: string | undefined) {
  return key === undefined ? state.paused : state.keys.get(key)?.paused;
}

function decidePause(view: View, { key, by }: OrderOf<'pause'>): Decision {
  if (pauseOf(view, key)) return NOTHING;
  return { ...NOTHING, drafts: [{ kind: 'paused', ...(key !== undefined && { key }), by }] };
}

/** Windows go on with the time they had left, and what was kept enters the stages in order, as if it arrived now. */
function decideResume(view: View, { key, by }: OrderOf<'resume'>): Decision {
  const paused = pauseOf(view, key);
  if (!paused) return NOTHING;
  const { sinceAt, kept } = paused;
  const waiting: readonly Move[] = key === undefined ? recheckAll(view.state) : [{ kind: 'recheck', key }];
  // What a key kept before the trigger was paused too comes behind what the trigger kept: arrivals never go back.
  const inOrder = kept.toSorted((a, b) => a.receivedAt - b.receivedAt);
  const offers = inOrder.map((offer): Move => ({ kind: 'offer', offer, seenAt: offer.receivedAt }));
  const resumed = { kind: 'resumed', ...(key !== undefined && { key }), by, sinceAt } as const;
  return { ...NOTHING, drafts: [resumed], moves: [...waiting, ...offers] };
}

/** A run without events enters admission. The same order again does nothing while the first one waits. */
function decideFire(view: View, { key, id, params, force, by }: OrderOf<'fire'>): Decision {
  const waiting = view.state.keys.get(key)?.waiting ?? [];
  if (waiting.some(({ cause, last }) => cause === 'manual' && last.identity === id)) return NOTHING;
  const last: LastEvent = { identity: id };
  const unit = { items: [], last, receivedAt: view.at, bytes: lastBytes(last) };
  const candidate = { key, cause: 'manual', ...unit, ...(force && { force }), ...(params && { params }) } as const;
  return {
    drafts: [{ kind: 'fired', key, id, force, by }],
    effects: [],
    moves: [{ kind: 'admit', candidate, sole: false }],
  };
}

/**
 * What a run was made of enters admission again, under the current definition. It does nothing while the same replay
 * waits, or is being started. What latency is measured from is the order, not the events.
 */
function decideReplay(view: View, { key, replays, items, last, params, by }: OrderOf<'replay'>): Decision {
  const { runId, root, ordinal } = replays;
  const isSame = (of: ReplayOf | undefined) => of?.root === root && of.ordinal === ordinal;
  if ((view.state.keys.get(key)?.waiting ?? []).some((one) => isSame(one.replays))) return NOTHING;
  if ([...view.state.starting.values()].some((one) => isSame(one.replays))) return NOTHING;
  const unit = { items, last, receivedAt: view.at, bytes: gatheredBytes(items, last) };
  const candidate = { ...unit, key, cause: 'replay', replays, ...(params && { params }) } as const;
  return {
    drafts: [{ kind: 'replayed', key, replays: { runId, root, ordinal }, eventCount: items.length, by }],
    effects: [],
    moves: [{ kind: 'admit', candidate, sole: false }],
  };
}

/** A person opens a breaker until a person closes it; closed, it drains what is parked one run after the other. */
function decideBreaker(view: View, { key: name, to, by }: OrderOf<'breaker'>): Decision {
  const settings = view.definition.breaker;
  if (!settings || (settings.scope === 'key') !== (name !== undefined)) return NOTHING;
  const about = { kind: 'breakerMoved', ...(name !== undefined && { key: name }), by } as const;
  const { breaker: now } = limitsOf(view.state, settings.scope, name ?? '');
  if (to === 'open') {
    if (now.mode === 'open' && now.untilAt === undefined) return NOTHING;
    const since = settings.replayOnClose && now.mode === 'closed' ? { since: view.at } : sinceOf(now);
    return { ...NOTHING, drafts: [{ ...about, breaker: { mode: 'open', failures: 0, ...since } }] };
  }
  if (now.mode === 'draining' || (now.mode === 'closed' && now.failedAt.length === 0)) return NOTHING;
  const breaker = isParked(view.state, name) ? ({ mode: 'draining', ...sinceOf(now) } as const) : CLOSED;
  const effects = replaysOf(now, breaker, name, view.at);
  return { drafts: [{ ...about, breaker }], effects, moves: roomMade(view, name) };
}
