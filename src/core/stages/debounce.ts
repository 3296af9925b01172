import type { DebounceSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import type { Reason } from '../reason.ts';
import type { KeyState, Window } from '../state.ts';
import type { Unit } from '../unit.ts';
import type { View, Windowed, WindowStage } from './stage.ts';
import { closeWindow, collect, isDebounce, heldBytes } from './window.ts';

function dueAtOf(settings: DebounceSettings, openedAt: number, lastAt: number): number {
  const quietEnd = lastAt + settings.quietMs;
  return settings.maxWaitMs === undefined ? quietEnd : Math.min(quietEnd, openedAt + settings.maxWaitMs);
}

function open(view: View, key: string, settings: DebounceSettings, unit: Unit): Windowed {
  const dueAt = dueAtOf(settings, view.at, view.at);
  if (settings.edge !== 'trailing') {
    const mode = settings.edge === 'leading' ? 'suppressing' : 'collecting';
    return {
      drafts: [{ kind: 'windowOpened', key, mode, settings, dueAt }],
      out: [{ unit, cause: 'events' }],
    };
  }
  const opened: Draft = { kind: 'windowOpened', key, mode: 'collecting', settings, dueAt };
  return collect(view, key, { stage: 'debounce', before: [opened], window: undefined, unit, replaces: false });
}

function extend(view: View, key: string, window: Window, settings: DebounceSettings, unit: Unit): Windowed {
  const dueAt = dueAtOf(settings, window.openedAt, view.at);
  const extended: Draft = { kind: 'windowExtended', key, dueAt };
  if (window.mode === 'suppressing') {
    return { drafts: [extended, superseded(key, unit, { kind: 'edgeTaken', openedAt: window.openedAt, dueAt })] };
  }
  if (settings.keep === 'first' && window.items.length > 0) {
    return { drafts: [extended, superseded(key, unit, { kind: 'superseded', keep: 'first' })] };
  }
  const replaces = settings.keep === 'last' && window.items.length > 0;
  const before = replaces ? [extended, superseded(key, window, { kind: 'superseded', keep: 'last' })] : [extended];
  return collect(view, key, { stage: 'debounce', before, window, unit, replaces });
}

function superseded(key: string, { items }: Pick<Unit, 'items'>, reason: Reason): Draft {
  return { kind: 'eventsSuppressed', key, eventIds: items.map((item) => item.eventId), stage: 'debounce', reason };
}

/**
 * Gathers the events of a key until none came for `quiet`, at most `maxWait` from the first. A window that reaches the
 * instance's cap of pending events ends at once, with cause `full`.
 */
export const debounce: WindowStage = {
  name: 'debounce',
  applies: (view, key) => (key?.window ? isDebounce(key.window.settings) : view.definition.debounce !== undefined),
  enter(view, key, state, unit) {
    const window = state?.window;
    if (window && isDebounce(window.settings)) return extend(view, key, window, window.settings, unit);
    const settings = view.definition.debounce;
    return settings ? open(view, key, settings, unit) : { drafts: [], out: [{ unit, cause: 'events' }] };
  },
  heldBytes: (state) => heldBytes(state?.window),
  dueAt: ({ window }: KeyState) => (window && isDebounce(window.settings) ? window.dueAt : undefined),
  end: (_view, key, { window }) => closeWindow(key, window),
};
