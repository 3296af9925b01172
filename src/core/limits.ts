/** Most identities an instance remembers; the dedupe window ends at this count or at its length, whichever is shorter. */
export const IDENTITIES_MAX = 20_000;

/** Most events an instance holds in windows, holds and unstarted runs: they are carried over continue-as-new. */
export const PENDING_ITEMS_MAX = 20_000;
/** Most bytes of the same, measured as they are carried: 512 KB of the 1.25 MiB an instance may carry. */
export const PENDING_BYTES_MAX = 512 * 1_024;

/** Most keys with an open window, a hold or a cooldown. */
export const LIVE_KEYS_MAX = 10_000;
/** Most bytes of their state, measured as it is carried. */
export const KEY_BYTES_MAX = 192 * 1_024;

/** Whole events kept for `items` before a window keeps references to the rest. */
export const WHOLE_EVENTS_MAX_BYTES = 64 * 1_024;

/** Carried bytes of a pending event without its payload: id, time and punctuation. */
export const ITEM_OVERHEAD_BYTES = 44;
/** Carried bytes of a key's state without the key's text: times, modes and punctuation of a window, a hold and a cooldown. */
export const KEY_OVERHEAD_BYTES = 120;
/** Carried bytes of an unstarted run apart from its events: run id, key, times, hashes. */
export const RUN_OVERHEAD_BYTES = 320;

/** The most an instance may carry over continue-as-new, every cap full at once: room for in-flight excess under 2 MiB. */
export const CARRIED_MAX_BYTES = 1.25 * 1_024 * 1_024;
