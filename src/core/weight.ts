import {
  BREAKER_OVERHEAD_BYTES,
  LIMITS_LIST_OVERHEAD_BYTES,
  LIMITS_OVERHEAD_BYTES,
  COOLDOWN_OVERHEAD_BYTES,
  GENERATION_OVERHEAD_BYTES,
  ITEM_EXTRA_OVERHEAD_BYTES,
  ITEM_OVERHEAD_BYTES,
  JOIN_OVERHEAD_BYTES,
  KEPT_OVERHEAD_BYTES,
  KEY_OVERHEAD_BYTES,
  MARK_OVERHEAD_BYTES,
  PAUSE_OVERHEAD_BYTES,
  RUN_OVERHEAD_BYTES,
  RUNNING_OVERHEAD_BYTES,
  SINCE_OVERHEAD_BYTES,
  START_OVERHEAD_BYTES,
  TALLY_OVERHEAD_BYTES,
  UNIT_OVERHEAD_BYTES,
  WAITING_OVERHEAD_BYTES,
  WATCH_OVERHEAD_BYTES,
  WINDOW_OVERHEAD_BYTES,
} from './limits.ts';
import type { RunRequest } from './fact.ts';
import { isIdle, type LimitState, sinceOf } from './limit-state.ts';
import { jsonBytes } from './json-bytes.ts';
import type { Item, LastEvent, Offer } from './offer.ts';
import type { KeyState, Part, Sorted, Tally, TriggerState } from './state.ts';
import type { Unit } from './unit.ts';

/** Bytes of one pending event as it is carried. */
export function itemBytes({ value, part, amount }: Item): number {
  const plain = ITEM_OVERHEAD_BYTES + jsonBytes(value);
  if (part === undefined && amount === undefined) return plain;
  return plain + ITEM_EXTRA_OVERHEAD_BYTES + jsonBytes(part) + jsonBytes(amount);
}

/** Bytes of the values kept of events. Costs as much as they weigh: for whole events, which are kept up to 64 KB. */
export function valueBytes(items: readonly Item[]): number {
  return items.reduce((sum, { value }) => sum + jsonBytes(value), 0);
}

/** Bytes of the last event of a window, a waiting candidate or a run as it is carried, beyond its `{}`. */
export function lastBytes(last: LastEvent): number {
  const { event, identity, traceparent, lineage, replayed, parts } = last;
  const some = event ?? identity ?? traceparent ?? lineage ?? replayed ?? parts;
  return some === undefined ? 0 : jsonBytes(last) - '{}'.length;
}

/** Bytes that a unit adds to what is gathered, where `last` takes the place of the last event `before`. */
export function addedBytes(before: LastEvent, unit: Pick<Unit, 'bytes' | 'last'>, last: LastEvent): number {
  const own = last === unit.last ? unit.bytes : unit.bytes - lastBytes(unit.last) + lastBytes(last);
  return own - lastBytes(before);
}

/** Bytes of events and the last of them, as a window, a waiting candidate or a run carries them. */
export function gatheredBytes(items: readonly Item[], last: LastEvent): number {
  return items.reduce((sum, item) => sum + itemBytes(item), lastBytes(last));
}

/** Bytes of a unit that is carried on its own. */
export function unitBytes({ bytes }: Pick<Unit, 'bytes'>): number {
  return UNIT_OVERHEAD_BYTES + bytes;
}

/** Bytes of a part of a join. */
export function partBytes({ name, unit }: Pick<Part, 'name' | 'unit'>): number {
  return unitBytes(unit) + jsonBytes(name);
}

/** Bytes of a unit that is being sorted. */
export function sortedBytes({ by, unit }: Pick<Sorted, 'by' | 'unit'>): number {
  return unitBytes(unit) + jsonBytes(by);
}

/** Bytes of the part of a tally that counts as pending: its events, each with when it came, and the last of them. */
export function tallyBytes({ units, last }: Pick<Tally, 'units' | 'last'>): number {
  return units.reduce((sum, unit) => sum + unitBytes(unit), lastBytes(last));
}

/** Bytes of an offer kept during a pause. */
export function keptBytes(offer: Offer): number {
  return KEPT_OVERHEAD_BYTES + jsonBytes(offer);
}

/** Bytes of an unstarted run as it is carried, with its events. */
export function runBytes(run: RunRequest): number {
  return RUN_OVERHEAD_BYTES + jsonBytes(run.key) + jsonBytes(run.params) + jsonBytes(run.replays) + run.bytes;
}

/** Bytes of what limits have counted, as it is carried. */
export function limitBytes(limits: LimitState | undefined): number {
  if (limits === undefined || isIdle(limits)) return 0;
  const { starts, running, breaker } = limits;
  let bytes = LIMITS_OVERHEAD_BYTES + breakerBytes(breaker);
  if (starts.length > 0) bytes += LIMITS_LIST_OVERHEAD_BYTES + starts.length * START_OVERHEAD_BYTES;
  if (running.length > 0) bytes += LIMITS_LIST_OVERHEAD_BYTES + running.length * RUNNING_OVERHEAD_BYTES;
  return bytes;
}

function breakerBytes(breaker: LimitState['breaker']): number {
  const sinceBytes = sinceOf(breaker).since === undefined ? 0 : SINCE_OVERHEAD_BYTES;
  switch (breaker.mode) {
    case 'closed':
      return breaker.failedAt.length === 0
        ? 0
        : BREAKER_OVERHEAD_BYTES + breaker.failedAt.length * START_OVERHEAD_BYTES;
    case 'halfOpen':
      return BREAKER_OVERHEAD_BYTES + breaker.probes.length * RUNNING_OVERHEAD_BYTES + sinceBytes;
    case 'open':
    case 'draining':
      return BREAKER_OVERHEAD_BYTES + RUNNING_OVERHEAD_BYTES + sinceBytes;
  }
}

/** Bytes of what a key's entry holds as it is carried, without the key's text and without pending events. */
export function heldBytes(key: KeyState): number {
  let bytes = 0;
  if (key.window) bytes += WINDOW_OVERHEAD_BYTES;
  if (key.waiting) bytes += key.waiting.length * WAITING_OVERHEAD_BYTES;
  if (key.coolingUntil !== undefined) bytes += COOLDOWN_OVERHEAD_BYTES;
  if (key.order) bytes += MARK_OVERHEAD_BYTES + jsonBytes(key.order.highest);
  if (key.join) bytes += JOIN_OVERHEAD_BYTES;
  if (key.tally) bytes += TALLY_OVERHEAD_BYTES;
  if (key.paused) bytes += PAUSE_OVERHEAD_BYTES + jsonBytes(key.paused.by);
  return key.limits ? bytes + limitBytes(key.limits) : bytes;
}

/** Bytes of a key's entry as it is carried, without pending events. */
export function keyEntryBytes(name: string, key: KeyState): number {
  return KEY_OVERHEAD_BYTES + jsonBytes(name) + heldBytes(key);
}

/** Bytes of a fallback's watch over one key, as it is carried. */
export function watchBytes(key: string): number {
  return WATCH_OVERHEAD_BYTES + jsonBytes(key);
}

/** Bytes of the run settings that unstarted runs of other generations make the state carry. */
export function otherSettingsBytes({ starting, definition }: Pick<TriggerState, 'starting' | 'definition'>): number {
  const counted = new Set([definition.generation]);
  let bytes = 0;
  for (const { generation, settings } of starting.values()) {
    if (counted.has(generation)) continue;
    counted.add(generation);
    bytes += GENERATION_OVERHEAD_BYTES + jsonBytes(settings);
  }
  return bytes;
}
