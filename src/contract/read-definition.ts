import type { Definition } from '../spec/definition.ts';
import { isFiniteNumber, isListOf, isMaybe, isObject, isText, isTime, type Members } from './shapes.ts';

/** Whether a definition that somebody sent has the shape that decisions rely on. */
export function isDefinition(value: unknown): value is Definition {
  if (!isObject(value)) return false;
  const { name, generation, loadedAt, mode, dedupe, run } = value;
  return (
    isText(name) &&
    isText(generation) &&
    isTime(loadedAt) &&
    isText(mode) &&
    has(dedupe, { windowMs: isTime }) &&
    Object.entries(STAGES).every(([stage, members]) => value[stage] === undefined || has(value[stage], members)) &&
    has(run, RUN)
  );
}

type Checks = { readonly [name: string]: (value: unknown) => boolean };

function has(value: unknown, members: Checks): value is Members {
  return isObject(value) && Object.entries(members).every(([name, is]) => is(value[name]));
}

const isNumbers = (value: unknown): boolean => isListOf(value, isFiniteNumber);
const isMaybeNumbers = (value: unknown): boolean => value === undefined || isNumbers(value);
const isMaybeText = (value: unknown): boolean => isMaybe(value, isText);
const isMaybeTime = (value: unknown): boolean => isMaybe(value, isTime);
const isTexts = (value: unknown): boolean => isListOf(value, isText);
const isSpans = (value: unknown): boolean =>
  isListOf(value, (span) => isNumbers(span) && Array.isArray(span) && span.length === 2);

const isOffset = (value: unknown): boolean => has(value, { fromAt: isFiniteNumber, minutes: isFiniteNumber });
const isZone = (value: unknown): boolean =>
  has(value, { name: isText, offsets: (offsets) => isListOf(offsets, isOffset) });
const isCron = (value: unknown): boolean =>
  has(value, {
    minutes: isNumbers,
    hours: isNumbers,
    months: isNumbers,
    daysOfMonth: isMaybeNumbers,
    daysOfWeek: isMaybeNumbers,
  });
const isMaybeCronAt = (value: unknown): boolean => value === undefined || has(value, { cron: isCron, zone: isZone });
const isNotification = (value: unknown): boolean => has(value, { target: isText, params: isObject });
const isMaybeApproval = (value: unknown): boolean =>
  value === undefined ||
  has(value, {
    when: (when) => isMaybe(when, isText),
    timeoutMs: isTime,
    notify: (notify) => isListOf(notify, isNotification),
  });

const isCall = isNotification;
const isCalls = (value: unknown): boolean => isListOf(value, isCall);
const isMaybeCall = (value: unknown): boolean => value === undefined || isCall(value);
const isCheck = (value: unknown): boolean =>
  has(value, { attempts: isFiniteNumber, everyMs: isTime, timeoutMs: isTime, expect: isText }) &&
  (isCall(value['call']) || (isText(value['url']) && isObject(value['headers'])));
const isChecks = (value: unknown): boolean => isListOf(value, isCheck);
const isWeights = (value: unknown): boolean =>
  isListOf(value, (weight) => has(weight, { weight: isFiniteNumber, bakeMs: isTime }));

/** What each kind of run needs of its plan. */
const PLANS: { readonly [kind: string]: Checks } = {
  deploy: {
    version: isText,
    stage: isMaybeCall,
    smoke: isChecks,
    promote: isCall,
    weights: isWeights,
    check: isMaybeCall,
    approval: isMaybeApproval,
    verify: isChecks,
    revert: isCalls,
  },
  rollback: { route: isCall, notify: isCalls, incident: isMaybeCall, maxAgeMs: isMaybeTime },
  fanOut: {
    branch: isCall,
    parallel: isFiniteNumber,
    quorum: (quorum) => isMaybe(quorum, isFiniteNumber),
    withinMs: isMaybeTime,
    after: isMaybeCall,
    pool: isMaybeText,
  },
};
const isMaybePlan = (value: unknown): boolean => {
  if (value === undefined) return true;
  const checks = isObject(value) && isText(value['kind']) ? PLANS[value['kind']] : undefined;
  return checks !== undefined && has(value, checks);
};
const isMaybeGuard = (value: unknown): boolean =>
  value === undefined || (isCall(value) && has(value, { expect: isText, onFail: isText }));

const isEmission = (value: unknown): boolean =>
  has(value, { name: isText, type: isText, subject: isMaybeText, to: isMaybeText });

const RUN: Checks = {
  target: isText,
  params: isObject,
  retry: (retry) => has(retry, { delaysMs: isNumbers }),
  timeoutMs: isTime,
  approval: isMaybeApproval,
  lane: isMaybeText,
  pool: isMaybeText,
  guard: isMaybeGuard,
  plan: isMaybePlan,
  emit: (emit) => emit === undefined || isListOf(emit, isEmission),
};

/** Numbers and lists of each stage; a word that no stage knows closes nothing and breaks nothing. */
const STAGES = {
  freshness: { maxAgeMs: isTime },
  order: { holdForMs: isTime },
  correlate: { parts: isTexts, withinMs: isTime },
  threshold: { atLeast: isFiniteNumber, withinMs: isTime },
  debounce: { quietMs: isTime, maxWaitMs: isMaybeTime },
  batch: { maxEvents: isMaybeTime, maxBytes: isMaybeTime, maxWaitMs: isMaybeTime },
  hours: { allow: isSpans, freeze: isSpans, zone: isZone },
  cooldown: { periodMs: isTime },
  rate: { limit: isFiniteNumber, perMs: isTime },
  concurrency: { limit: isFiniteNumber },
  breaker: { failures: isFiniteNumber, withinMs: isTime, openForMs: isTime, probes: isFiniteNumber },
  fallback: { forMs: isTime, keys: isTexts, at: isMaybeCronAt },
} as const satisfies { readonly [stage in keyof Definition]?: Checks };
