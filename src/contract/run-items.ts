import type { Item } from '../core/offer.ts';
import type { Json } from '../spec/json.ts';
import { PARAMS_MAX_BYTES } from './limits.ts';

type Run = { readonly runId: string; readonly items: readonly Item[]; readonly bytes: number };

/** The `items` of expressions: one entry an event, its value; references for all as soon as one was too large to keep. */
export function itemsOf(items: readonly Item[]): Json {
  const complete = items.every((item) => item.value !== undefined);
  return items.map((item) => (complete && item.value !== undefined ? item.value : { eventId: item.eventId }));
}

/** What stands for `items` where they are too many: where the run's events are listed. */
export function manifestOf({ runId, items }: Pick<Run, 'runId' | 'items'>): Json {
  return { manifest: `/v1/runs/${runId}/events`, count: items.length };
}

/** `items` as a target's own templates see them: the manifest where a call could not carry more. */
export function itemsOrManifest(run: Run): Json {
  return run.bytes <= PARAMS_MAX_BYTES ? itemsOf(run.items) : manifestOf(run);
}
