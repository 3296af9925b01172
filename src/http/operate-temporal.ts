import type { Client } from '@temporalio/client';

import type { Definitions } from '../load/definitions.ts';
import { createBulkOrders } from './bulk-replays.ts';
import { createLetterOrders } from './dead-letter-orders.ts';
import type { OperateApi, ReplayOrders } from './operate-api.ts';
import { createRunOrders } from './run-orders.ts';
import { createTriggerOrders } from './trigger-orders.ts';

/** What people do to runs, triggers and dead letters, over Temporal; replays of stored events need the store too. */
export function createOperateApi(
  client: Client,
  definitions: () => Definitions,
  now: () => number,
): Omit<OperateApi, keyof ReplayOrders> {
  return {
    ...createRunOrders(client, now),
    ...createTriggerOrders(client, definitions, now),
    ...createLetterOrders(client, now),
    ...createBulkOrders(client, now),
  };
}
