import { waitingBytes } from './gathering.ts';
import type { KeyState } from './state.ts';
import { keptBytes, partBytes, sortedBytes, tallyBytes } from './weight.ts';

/** The events that a key holds, counted anew, and what they weigh when carried. */
export function pendingOf(key: KeyState): { readonly items: number; readonly bytes: number } {
  let items = 0;
  let bytes = 0;
  const add = (count: number, weight: number) => {
    items += count;
    bytes += weight;
  };
  for (const one of key.order?.sorting ?? []) add(one.unit.items.length, sortedBytes(one));
  for (const part of key.join?.parts ?? []) add(part.unit.items.length, partBytes(part));
  for (const unit of key.tally?.units ?? []) add(unit.items.length, 0);
  if (key.tally) add(0, tallyBytes(key.tally));
  if (key.window) add(key.window.items.length, key.window.bytes);
  for (const waiting of key.waiting ?? []) add(waiting.items.length, waitingBytes(waiting));
  for (const offer of key.paused?.kept ?? []) add(1, keptBytes(offer));
  return { items, bytes };
}
