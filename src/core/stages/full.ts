import { FULL_BYTES, FULL_ITEMS } from '../limits.ts';
import type { View } from './stage.ts';

/**
 * Whether windows and what waits reach a cap of the instance. What is being started does not count: it leaves by itself,
 * and until then every event would be a full window of its own.
 */
export function isFull({ state }: View, addedItems: number, addedBytes: number): boolean {
  return (
    state.pendingItems - state.startingItems + addedItems >= FULL_ITEMS ||
    state.pendingBytes - state.startingBytes + addedBytes >= FULL_BYTES
  );
}
