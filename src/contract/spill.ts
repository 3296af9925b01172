import type { Pressure } from '../core/state.ts';

/** Start input of a segment: a workflow that keeps offers for an instance that has no room, in its history. */
export type SegmentInput = { readonly version: 1; readonly trigger: string; readonly segment: number };

/** A segment that holds offers, as it announces itself to its instance. Segments of one trigger count from 1. */
export type Segment = { readonly segment: number; readonly runId: string };

/** How far an instance has read a segment. */
export type SegmentCursor = Segment & {
  /** The history event of the last signal it took. */
  readonly upTo: number;
  /** Signals it took. */
  readonly signals: number;
};

/** What an instance carries of its segments: those it has not read to the end, in the order it reads them. */
export type CarriedSpill = {
  /** The highest segment it ever heard of. */
  readonly to: number;
  readonly segments: readonly SegmentCursor[];
};

/** What senders are told: segments not read to the end, and the highest ever. */
export type SpillPressure = { readonly pending: number; readonly to: number };

/** How full an instance is, and what is kept for it elsewhere; an instance of an earlier version tells nothing of that. */
export type InstancePressure = Pressure & { readonly spill?: SpillPressure };

/** Signals of a segment, in order. */
export type SegmentPage = {
  /** `at` is the history event; `batch` is what was sent, whatever it is. */
  readonly signals: readonly { readonly at: number; readonly batch: unknown }[];
  /** There were more when it was read. */
  readonly more: boolean;
  /** The segment was read to its end before, and is over. */
  readonly over: boolean;
};

/** What a segment holds, for the metrics. */
export type SegmentHeld = Segment & { readonly trigger: string; readonly offers: number };
