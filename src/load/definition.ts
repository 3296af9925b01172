import type { Definition, FallbackSettings } from '../spec/definition.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { runOf } from './run-plan.ts';
import { DEFAULT_KEY, type LoadedTrigger } from './definitions.ts';
import { partNames } from './selectors.ts';
import { type CompiledTimes, compileTimes } from './times.ts';

/** What tells one generation of a trigger from another. */
type Head = Pick<Definition, 'name' | 'generation' | 'loadedAt'>;

/** The part of a trigger that its instance decides by. */
export function definitionOf(
  { name, generation, loadedAt }: Head,
  spec: TriggerSpec,
  times: CompiledTimes,
): Definition {
  const { fallback } = spec;
  return {
    name,
    generation,
    loadedAt,
    mode: spec.mode,
    ...windowsOf(spec),
    ...(times.hours && { hours: times.hours }),
    ...admissionOf(spec),
    ...(fallback && { fallback: fallbackOf(fallback, times) }),
    run: runOf(spec),
  };
}

/** The definition of a trigger as if it had been loaded at `loadedAt`, epoch milliseconds: with the offsets of then. */
export function definitionAt({ name, generation, spec }: LoadedTrigger, loadedAt: number): Definition {
  return definitionOf({ name, generation, loadedAt }, spec, compileTimes(spec, loadedAt));
}

/** When the age of events is looked at: of a rollback right before it starts, since it is about what is the case now. */
export function freshnessAt({ freshness, run }: TriggerSpec): 'arrival' | 'fire' | 'both' {
  return freshness?.at ?? (run.kind === 'rollback' ? 'fire' : 'arrival');
}

/** What looks at arriving events and gathers them. */
function windowsOf(
  spec: TriggerSpec,
): Pick<Definition, 'dedupe' | 'freshness' | 'order' | 'correlate' | 'threshold' | 'debounce' | 'batch'> {
  const { dedupe, freshness, order, threshold, debounce, batch, events } = spec;
  const checkedAt = freshnessAt(spec);
  return {
    dedupe: { windowMs: dedupe.window },
    ...(freshness && { freshness: { maxAgeMs: freshness.maxAge, at: checkedAt } }),
    ...(order && { order: { onLate: order.onLate, holdForMs: order.holdFor } }),
    ...('all' in events && {
      correlate: { parts: partNames(spec), withinMs: events.within, onDeadline: events.onDeadline },
    }),
    ...(threshold && {
      threshold: {
        atLeast: threshold.atLeast,
        withinMs: threshold.within,
        of: threshold.of === undefined ? 'events' : 'amounts',
      },
    }),
    ...(debounce && {
      debounce: {
        quietMs: debounce.quiet,
        ...(debounce.maxWait !== undefined && { maxWaitMs: debounce.maxWait }),
        edge: debounce.edge,
        keep: debounce.keep,
      },
    }),
    ...(batch && {
      batch: {
        ...(batch.maxEvents !== undefined && { maxEvents: batch.maxEvents }),
        ...(batch.maxBytes !== undefined && { maxBytes: batch.maxBytes }),
        ...(batch.maxWait !== undefined && { maxWaitMs: batch.maxWait }),
      },
    }),
  };
}

/** What decides whether a run may start. */
function admissionOf(spec: TriggerSpec): Pick<Definition, 'cooldown' | 'rate' | 'concurrency' | 'breaker'> {
  const { cooldown, rate, concurrency, breaker } = spec;
  return {
    ...(cooldown && { cooldown: { periodMs: cooldown.period, onExcess: cooldown.onExcess } }),
    ...(rate && { rate: { limit: rate.limit, perMs: rate.per, onExcess: rate.onExcess, scope: rate.scope } }),
    ...(concurrency && { concurrency }),
    ...(breaker && {
      breaker: {
        failures: breaker.failures,
        withinMs: breaker.within,
        openForMs: breaker.openFor,
        probes: breaker.probes,
        scope: breaker.scope,
        ...(breaker.replayOnClose && { replayOnClose: true }),
      },
    }),
  };
}

function fallbackOf(
  { unless, scope, keys }: NonNullable<TriggerSpec['fallback']>,
  { at }: CompiledTimes,
): FallbackSettings {
  return {
    ...('succeeded' in unless
      ? { unless: 'succeeded', forMs: unless.succeeded }
      : { unless: 'fired', forMs: unless.fired }),
    ...(at && { at }),
    keys: scope === 'trigger' ? [DEFAULT_KEY] : (keys ?? []),
    scope,
  };
}
