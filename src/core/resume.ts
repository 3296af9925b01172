import type { KeyState } from './state.ts';

/** A key goes on after a pause of `shiftMs`: its open windows have the time they had left. Changes the key in place. */
export function resumeKey(key: KeyState, shiftMs: number): void {
  key.paused = undefined;
  const { order, join, tally, window } = key;
  if (order) {
    order.at += shiftMs;
    order.dueAt += shiftMs;
    for (const [place, one] of order.sorting.entries()) order.sorting[place] = { ...one, dueAt: one.dueAt + shiftMs };
  }
  for (const [place, part] of (join?.parts ?? []).entries()) {
    if (join) join.parts[place] = { ...part, expiresAt: part.expiresAt + shiftMs };
  }
  for (const [place, unit] of (tally?.units ?? []).entries()) {
    if (tally) tally.units[place] = { ...unit, at: unit.at + shiftMs };
  }
  if (!window) return;
  window.openedAt += shiftMs;
  if (window.dueAt !== undefined) window.dueAt += shiftMs;
}
