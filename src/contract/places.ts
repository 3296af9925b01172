import { defineQuery, defineSignal } from '@temporalio/workflow';

import type { CarriedLane, LaneRun, LaneSettings } from '../core/lane-state.ts';
import type { LaneEffect } from '../core/lane.ts';
import type { LaneView } from '../core/lane-view.ts';
import type { PlaceName } from '../core/place.ts';

/** A run asks for a place. `settings` of a pool as whoever asks has it loaded; a lane has none. */
export type PlaceRequest = { readonly version: 1; readonly run: LaneRun; readonly settings?: LaneSettings };

/** What a lane tells a run. */
export type Told = Exclude<LaneEffect, { readonly kind: 'check' }>;

/** The same as it travels: `place` is the workflow id of the lane. */
export type PlaceAnswer = Told & { readonly version: 1; readonly place: string };

/** Start input of a lane or pool; `carried` and what was not yet told after continue-as-new. */
export type LaneInput = PlaceName & {
  readonly version: 1;
  readonly carried?: CarriedLane;
  readonly untold?: readonly Told[];
};

/** A run asks for a place, with whoever starts the lane for it. */
export const requestSignal = defineSignal<[PlaceRequest]>('request');

/** A run has no use for its place, or for its turn, any more. */
export const releaseSignal = defineSignal<[{ readonly runId: string }]>('release');

/** A deploy has begun to promote, and does not give way any more. */
export const promotingSignal = defineSignal<[{ readonly runId: string }]>('promoting');

/** A changed definition of a pool. */
export const settingsSignal = defineSignal<[LaneSettings]>('settings');

/** A lane tells a run about its place. */
export const placeSignal = defineSignal<[PlaceAnswer]>('place');

/** Who holds a place and who waits. */
export const laneQuery = defineQuery<LaneView>('lane');

/** What a lane would carry over; asked of one that was ended. */
export const carriedLaneQuery = defineQuery<CarriedLane>('carriedLane');
