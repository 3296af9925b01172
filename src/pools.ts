import { type Client, WorkflowNotFoundError } from '@temporalio/client';

import { settingsSignal } from './contract/places.ts';
import { placeId } from './core/place.ts';
import type { Definitions, LoadedPool } from './load/definitions.ts';
import type { Logger } from './observability/log.ts';

export type TellPoolsOptions = {
  readonly client: Client;
  readonly definitions: () => Definitions;
  readonly log: Logger;
};

/**
 * Tells pools that run how they are defined now, those that changed since it was called last: runs that wait learn of a
 * larger limit without another run that asks. One that cannot be told hears it with the next request for a place.
 */
export function createTellPools({ client, definitions, log }: TellPoolsOptions): () => Promise<void> {
  const told = new Map<string, string>();
  const tell = async ({ name, generation, loadedAt, spec }: LoadedPool): Promise<void> => {
    const settings = { limit: spec.limit, leaseTimeoutMs: spec.leaseTimeout, loadedAt };
    try {
      await client.workflow.getHandle(placeId({ of: 'pool', name })).signal(settingsSignal, settings);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) {
        log.warn({ pool: name, detail: String(error) }, 'a pool could not be told its settings');
        return;
      }
    }
    told.set(name, generation);
  };
  return async () => {
    const changed = [...definitions().pools.values()].filter(({ name, generation }) => told.get(name) !== generation);
    await Promise.all(changed.map(tell));
  };
}
