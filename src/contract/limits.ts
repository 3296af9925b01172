/** Most offers in one signal: past that a task takes too long and a batch gains nothing. */
export const BATCH_OFFERS_MAX = 256;
/** Most bytes in one signal; one larger offer goes alone. Keeps 100 buffered signals under 8 MiB. */
export const BATCH_BYTES_MAX = 64 * 1_024;

/** An instance continues as new on a pause after this many signals; Temporal ends a run at 10,000. */
export const SOFT_SIGNALS = 500;
/** The same by workflow tasks: a cold replay costs about 4 ms for each. */
export const SOFT_TASKS = 150;
/** Without a pause it continues as new here, whatever comes. */
export const HARD_TASKS = 400;
/** The same by bytes of history since the run began; Temporal ends a run at 50 MB. */
export const SOFT_GROWTH_BYTES = 1_024 * 1_024;
/** With much carried state the soft limit grows to this at most. */
export const SOFT_GROWTH_MAX_BYTES = 3 * 1_024 * 1_024;

/** A sender stops at half of what kills a run: signals, and bytes of history. */
export const SENDER_SIGNALS_MAX = 5_000;
export const SENDER_BYTES_MAX = 25 * 1_024 * 1_024;
/** A sender announces a pause after this many signals, or after the bytes by which the instance may grow. */
export const PAUSE_EVERY_SIGNALS = 100;

/**
 * A sender goes on to the next segment after this many offers, bytes or signals: a reader skips what it has read already,
 * so a segment is a few pages, and ten senders at once stay far under what kills a run.
 */
export const SEGMENT_OFFERS_MAX = 20_000;
export const SEGMENT_BYTES_MAX = 4 * 1_024 * 1_024;
export const SEGMENT_SIGNALS_MAX = 500;
/** Most segments that wait for one instance, 256 MB; then it answers 503. */
export const SEGMENTS_MAX = 64;

/** Most callers waiting for verdicts of one instance; Temporal takes 10 updates in flight. */
export const WAITING_MAX = 8;

/** Most parameters of a run at their top level. */
export const PARAMS_MAX_COUNT = 64;
/** Resolved parameters of a run; larger `items` become a manifest. */
export const PARAMS_MAX_BYTES = 64 * 1_024;
