import type { Json } from './json.ts';
import type { TriggerSpec } from './trigger.ts';

/**
 * What an instance decides by: the part of a trigger that holds no pattern and is evaluated without the event.
 * Plain JSON, because it travels in signals and is carried over continue-as-new.
 */
export type Definition = {
  readonly name: string;
  /** Content hash of the trigger file's `spec`. */
  readonly generation: string;
  /** When this generation was loaded, epoch milliseconds; the latest wins. */
  readonly loadedAt: number;
  readonly mode: TriggerSpec['mode'];
  readonly dedupe: { readonly windowMs: number };
  readonly freshness?: { readonly maxAgeMs: number; readonly at: 'arrival' | 'fire' | 'both' };
  readonly debounce?: DebounceSettings;
  readonly cooldown?: { readonly periodMs: number; readonly onExcess: 'hold' | 'drop' };
  readonly run: RunSettings;
};

/** Windows are opened with these and keep them until they fire, whatever is loaded meanwhile. */
export type DebounceSettings = {
  readonly quietMs: number;
  readonly maxWaitMs?: number;
  readonly edge: 'trailing' | 'leading' | 'both';
  readonly keep: 'all' | 'last' | 'first';
};

/** How a run of the trigger starts; taken from the current generation when the run is decided. */
export type RunSettings = {
  readonly kind: 'train';
  readonly target: string;
  /** JSON with `${{ }}` templates, resolved once in the run. */
  readonly params: { readonly [name: string]: Json };
  readonly retry: { readonly delaysMs: readonly number[] };
  readonly timeoutMs: number;
};
