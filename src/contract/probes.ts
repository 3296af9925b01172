import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { LastEvent } from '../core/offer.ts';
import type { ProbeDecision, ProbedTarget, ProbedWay, ProbeRecord, ProbeReport } from '../core/probe.ts';
import type { Json } from '../spec/json.ts';
import { isMaybe, isObject, isText, isTime } from './shapes.ts';

/** The workflow that probes a trigger, now and then or when it is asked. */
export function probeId(trigger: string): string {
  return `probe/${trigger}`;
}

/** How often a trigger is probed by itself; never without `everyMs`. The latest `loadedAt` wins. */
export type ProbeSettings = { readonly everyMs?: number; readonly loadedAt: number };

/** Start input; `record` after continue-as-new. */
export type ProbeInput = {
  readonly version: 1;
  readonly trigger: string;
  readonly settings: ProbeSettings;
  readonly record?: ProbeRecord;
};

/** What workers read of every probing workflow in its memo, under `probe`. */
export type ProbeMemo = {
  readonly settings: ProbeSettings;
  readonly record?: ProbeRecord;
  /** When the next one is due, epoch milliseconds. */
  readonly dueAt?: number;
};

/** What templates of a target see in a probe, in place of a run. */
export type ProbeSees = {
  readonly runId: string;
  readonly key: string;
  readonly generation: string;
  /** Epoch milliseconds. */
  readonly firedAt: number;
  readonly last: Pick<LastEvent, 'event' | 'parts'>;
  readonly items: Json;
  /** The event is the trigger's sample, and was taken: what fails on it would fail in a run. */
  readonly isReal: boolean;
};

/** What came of a probe before any target, and which targets come next; `gone`: no such trigger is loaded. */
export type ProbedDoor =
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'probed';
      readonly way: ProbedWay;
      readonly calls: readonly Pick<ProbedTarget, 'target' | 'at'>[];
      readonly sees: ProbeSees;
    };

/** A probe for an instance, of the key that an event of it would have. */
export type ProbeAsked = { readonly version: 1; readonly key: string };

/** Asks an instance to decide a probe. */
export const decideProbeUpdate = defineUpdate<ProbeDecision, [ProbeAsked]>('probe');

/** Probes now, or joins the probe that is under way. */
export const probeUpdate = defineUpdate<ProbeReport>('probe');

/** How often it is wanted from now on. */
export const probeSettingsSignal = defineSignal<[ProbeSettings]>('settings');

/** What is known of a trigger by its probes. */
export const probeQuery = defineQuery<ProbeMemo>('probes');

/** A key of a trigger, in characters. */
const KEY_MAX_CHARS = 200;

/** Whether the argument of the update of an instance can be used. */
export function isProbeAsked(value: unknown): value is ProbeAsked {
  if (!isObject(value) || value['version'] !== 1) return false;
  const { key } = value;
  return isText(key) && key.length <= KEY_MAX_CHARS;
}

/** Whether settings that were sent, or stand in a memo, can be used. */
export function isProbeSettings(value: unknown): value is ProbeSettings {
  return isObject(value) && isTime(value['loadedAt']) && isMaybe(value['everyMs'], isTime);
}

/** Whether a memo is that of a probing workflow. */
export function isProbeMemo(value: unknown): value is ProbeMemo {
  if (!isObject(value) || !isProbeSettings(value['settings'])) return false;
  const { record, dueAt } = value;
  return isMaybe(dueAt, isTime) && (record === undefined || isRecord(record));
}

function isRecord(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { misses, okAt, last } = value;
  return isTime(misses) && isMaybe(okAt, isTime) && isObject(last) && isTime(last['tookMs']);
}
