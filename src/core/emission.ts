import type { EmissionName } from '../spec/emit.ts';
import type { JsonObject } from '../spec/json.ts';
import type { RunOutcome } from './retry.ts';

/** What of a run is emitted: under which name, and what the templates see of it. */
export type Emission = { readonly name: EmissionName; readonly seen: JsonObject };

/** What the end of a run emits. A rejected one was cancelled by people; one that needs a person is held. */
export function emissionOf(outcome: RunOutcome): Emission {
  if (outcome.kind === 'dead') return heldBy(`${outcome.code} at ${outcome.place}: ${outcome.detail}`);
  const { status, detail = null, result = null } = outcome;
  return { name: status === 'rejected' ? 'cancelled' : status, seen: { status, detail, result } };
}

/** The run waits for a person. */
export function heldBy(detail: string): Emission {
  return { name: 'held', seen: { status: 'held', detail, result: null } };
}

/** Its target is called. */
export const STARTED: Emission = { name: 'started', seen: { status: 'started', detail: null, result: null } };
