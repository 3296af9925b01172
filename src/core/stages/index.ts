import { cooldown } from './cooldown.ts';
import { debounce } from './debounce.ts';
import { dedupe } from './dedupe.ts';
import { freshness } from './freshness.ts';
import type { AdmissionStage, Gate, WindowStage } from './stage.ts';

/** Gates on arriving events, in order. */
export const GATES: readonly Gate[] = [dedupe, freshness];

/** Stages that gather events, in order; a candidate that leaves one enters admission. */
export const WINDOWS: readonly WindowStage[] = [debounce];

/** The admission: the first closed stage in the order decides what becomes of a candidate. */
export const ADMISSION: readonly AdmissionStage[] = [cooldown];
