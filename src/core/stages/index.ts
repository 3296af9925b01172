import { batch } from './batch.ts';
import { breaker } from './breaker.ts';
import { concurrency } from './concurrency.ts';
import { cooldown } from './cooldown.ts';
import { correlate } from './correlate.ts';
import { debounce } from './debounce.ts';
import { dedupe } from './dedupe.ts';
import { freshness } from './freshness.ts';
import { hours } from './hours.ts';
import { order } from './order.ts';
import { pause } from './pause.ts';
import { rate } from './rate.ts';
import type { AdmissionStage, Gate, WindowStage } from './stage.ts';
import { threshold } from './threshold.ts';

/** Gates on arriving events, in order. */
export const GATES: readonly Gate[] = [dedupe, freshness];

/** Stages that gather events, in order; what leaves the last one that applies enters admission. */
export const WINDOWS: readonly WindowStage[] = [order, correlate, threshold, debounce, batch];

/** The admission: the first closed stage in the order decides what becomes of a candidate. */
export const ADMISSION: readonly AdmissionStage[] = [pause, hours, cooldown, rate, concurrency, breaker];
