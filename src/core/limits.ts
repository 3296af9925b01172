/** Most identities an instance remembers; the dedupe window ends at this count or at its length, whichever is shorter. */
export const IDENTITIES_MAX = 20_000;

/** Most events an instance holds in windows, holds and unstarted runs: they are carried over continue-as-new. */
export const PENDING_ITEMS_MAX = 20_000;
/** Most bytes of the same, measured as they are carried: 512 KB of the 1.25 MiB an instance may carry. */
export const PENDING_BYTES_MAX = 512 * 1_024;

/**
 * A window ends with cause `full` when this much is pending. What is left below the caps takes one whole batch of a
 * sender: without it the sender would be out of credit before the window is full, and refuse until its time is over.
 */
export const FULL_ITEMS = 0.875 * PENDING_ITEMS_MAX;
export const FULL_BYTES = 0.875 * PENDING_BYTES_MAX;

/** Most keys with an open window, a hold or a cooldown. */
export const LIVE_KEYS_MAX = 10_000;
/** Most bytes of their state, measured as it is carried. */
export const KEY_BYTES_MAX = 192 * 1_024;

/** How long the highest `order.by` of a key is remembered: longer than any sender repeats, short enough to be let go. */
export const ORDER_MARK_MS = 7 * 86_400_000;

/** When something has waited so long for runs to end, they are looked for: a run terminated by hand reports nothing. */
export const CHECK_RUNS_MS = 10 * 60_000;

/** Whole events kept for `items` before a window keeps references to the rest. */
export const WHOLE_EVENTS_MAX_BYTES = 64 * 1_024;

/** Carried bytes of a pending event without its payload, at most: id, a time of up to 16 characters, punctuation. */
export const ITEM_OVERHEAD_BYTES = 45;
/** Carried bytes of a key without its text and without what is in it: punctuation. */
export const KEY_OVERHEAD_BYTES = 6;
/** Carried bytes of the part, the amount and the punctuation of an event that has one. */
export const ITEM_EXTRA_OVERHEAD_BYTES = 34;
/** Carried bytes of a unit on its own, at most: two times, an amount, a size, punctuation. */
export const UNIT_OVERHEAD_BYTES = 72;
/** Carried bytes of an open window without its events, at most: settings, mode, three times, a size, punctuation. */
export const WINDOW_OVERHEAD_BYTES = 80;
/** Carried bytes of a waiting candidate without its events, at most: turn, how, stage, cause, four times, punctuation. */
export const WAITING_OVERHEAD_BYTES = 106;
/** Carried bytes of a cooldown: two names, time, mark, punctuation. */
export const COOLDOWN_OVERHEAD_BYTES = 51;
/** Carried bytes of the mark of an order without its value: name, time, punctuation. */
export const MARK_OVERHEAD_BYTES = 32;
/** Carried bytes of a join without its parts: name, row of its settings, punctuation. */
export const JOIN_OVERHEAD_BYTES = 24;
/** Carried bytes of a tally without its events: name, row of its settings, last event, punctuation. */
export const TALLY_OVERHEAD_BYTES = 28;
/** Carried bytes of a pause of one key: name, time, punctuation, without who paused it. */
export const PAUSE_OVERHEAD_BYTES = 30;
/** Carried bytes of an offer kept during a pause, beside the offer: punctuation. */
export const KEPT_OVERHEAD_BYTES = 1;
/** Carried bytes of what limits counted, without the lists and the breaker: name, punctuation. */
export const LIMITS_OVERHEAD_BYTES = 12;
/** Carried bytes of one of their lists without its entries: name, punctuation. */
export const LIMITS_LIST_OVERHEAD_BYTES = 13;
/** Carried bytes of a breaker that is not at rest, without its lists: names, mode, a count or a time, punctuation. */
export const BREAKER_OVERHEAD_BYTES = 70;
/** Carried bytes of from when on a breaker replays dead letters: name, a time, punctuation. */
export const SINCE_OVERHEAD_BYTES = 24;
/** Carried bytes of one start or failure: a time, a mark, punctuation. */
export const START_OVERHEAD_BYTES = 27;
/** Carried bytes of a run that has not ended: id, time, punctuation. */
export const RUNNING_OVERHEAD_BYTES = 66;
/** Carried bytes of what a fallback watches of one key, without the key: three times, punctuation. */
export const WATCH_OVERHEAD_BYTES = 52;
/** Carried bytes of an unstarted run apart from its key and its events, at most: run id, times, hash, names. */
export const RUN_OVERHEAD_BYTES = 280;
/** Carried bytes of another generation's run settings without their content: generation, names, punctuation. */
export const GENERATION_OVERHEAD_BYTES = 100;

/**
 * The most an instance may carry over continue-as-new, every cap full at once. Beside identities, pending events and keys
 * it leaves 107 KB: 64 KB of parameters, and room for what was in flight when a cap was reached.
 */
export const CARRIED_MAX_BYTES = 1.25 * 1_024 * 1_024;
