import type { FactOf } from './fact.ts';
import {
  collect,
  fillPart,
  moveTo,
  release,
  sortIn,
  takeParts,
  takeSorted,
  takeTallied,
  tally,
  wait,
  waitingBytes,
} from './gathering.ts';
import { changeKey, warm } from './key-entry.ts';
import { ORDER_MARK_MS } from './limits.ts';
import type { KeyState, TriggerState } from './state.ts';

type KeyFact = FactOf<
  | 'orderAdvanced'
  | 'unitSorted'
  | 'sortedReleased'
  | 'partFilled'
  | 'partsTaken'
  | 'unitTallied'
  | 'tallyTaken'
  | 'windowOpened'
  | 'windowExtended'
  | 'unitCollected'
  | 'windowClosed'
  | 'candidateWaits'
  | 'waitMoved'
  | 'waitEnded'
  | 'keyExpired'
>;

/** Folds a fact about what one key gathers. Changes the state in place. */
export function evolveKey(state: TriggerState, fact: KeyFact): void {
  // Most of what happens only adds to a window: that makes nothing due earlier, and no entry heavier or empty.
  if (fact.kind === 'unitCollected' || fact.kind === 'windowExtended') return grow(state, fact);
  changeKey(state, fact.key, (key) => {
    switch (fact.kind) {
      case 'orderAdvanced':
        key.order ??= { at: fact.at, sorting: [], dueAt: Infinity };
        key.order.highest = fact.to;
        key.order.at = fact.at;
        return;
      case 'unitSorted':
        return sortIn(state, key, fact);
      case 'sortedReleased':
        return takeSorted(state, key, fact.count);
      case 'partFilled':
        return fillPart(state, key, fact);
      case 'partsTaken':
        return key.join && takeParts(state, key.join, fact.parts);
      case 'unitTallied':
        return tally(state, key, fact);
      case 'tallyTaken':
        return takeTallied(state, key, fact.count);
      case 'windowOpened': {
        const { mode, settings, at, dueAt } = fact;
        const due = dueAt === undefined ? {} : { dueAt };
        key.window = { mode, settings, openedAt: at, ...due, items: [], last: {}, receivedAt: at, bytes: 0 };
        return;
      }
      case 'windowClosed':
        release(state, key.window);
        key.window = undefined;
        return;
      case 'candidateWaits':
        return wait(state, key, fact);
      case 'waitMoved': {
        const first = key.waiting?.[0];
        return first && moveTo(first, fact);
      }
      case 'waitEnded': {
        const first = key.waiting?.shift();
        return first && release(state, { ...first, bytes: waitingBytes(first) });
      }
      case 'keyExpired':
        return expire(key, fact.at);
    }
  });
}

/** An open window takes a unit, or ends later than it would have. */
function grow(state: TriggerState, fact: FactOf<'windowExtended' | 'unitCollected'>): void {
  const key = state.keys.get(fact.key);
  if (!key?.window) return;
  if (fact.kind === 'unitCollected') collect(state, key.window, fact);
  else key.window.dueAt = fact.dueAt;
}

/** Limits that are over are let go of with every change of a key. */
function expire(key: KeyState, at: number): void {
  if ((key.coolingUntil ?? Infinity) <= at) warm(key);
  if (key.order?.sorting.length === 0 && key.order.at + ORDER_MARK_MS <= at) key.order = undefined;
}
