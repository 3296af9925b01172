import type { BatchSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import type { KeyState } from '../state.ts';
import type { WindowStage } from './stage.ts';
import { closeWindow, collect, isDebounce, heldBytes } from './window.ts';

function reached({ maxEvents = Infinity, maxBytes = Infinity }: BatchSettings) {
  return (events: number, bytes: number) => events >= maxEvents || bytes >= maxBytes;
}

/** Fires when the events, their bytes or the wait since the first of them reach what is set. */
export const batch: WindowStage = {
  name: 'batch',
  applies: (view, key) => (key?.window ? !isDebounce(key.window.settings) : view.definition.batch !== undefined),
  enter(view, key, state, unit) {
    const open = state?.window;
    if (open && !isDebounce(open.settings)) {
      const isReached = reached(open.settings);
      return collect(view, key, { stage: 'batch', before: [], window: open, unit, replaces: false, isReached });
    }
    const settings = view.definition.batch;
    if (settings === undefined) return { drafts: [], out: [{ unit, cause: 'events' }] };
    const due = settings.maxWaitMs !== undefined && { dueAt: view.at + settings.maxWaitMs };
    const opened: Draft = { kind: 'windowOpened', key, mode: 'collecting', settings, ...due };
    const isReached = reached(settings);
    return collect(view, key, {
      stage: 'batch',
      before: [opened],
      window: undefined,
      unit,
      replaces: false,
      isReached,
    });
  },
  heldBytes: (state) => heldBytes(state?.window),
  dueAt: ({ window }: KeyState) => (window && !isDebounce(window.settings) ? window.dueAt : undefined),
  end: (_view, key, { window }) => closeWindow(key, window),
};
