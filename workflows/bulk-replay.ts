import {
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';

import { bulkQuery, type BulkReplayInput, type BulkResult, stopBulkUpdate } from '../src/contract/bulk-replay.ts';
import { isBulkReplayInput } from '../src/contract/read-orders.ts';
import { BulkReplay } from './shell/bulk.ts';

/** Replays the open dead letters that fit a filter: a canary first, then the others at a pace, each once. */
export async function bulkReplay(input: BulkReplayInput): Promise<BulkResult> {
  if (!isBulkReplayInput(input)) return { refused: 'expected { version: 1, filter, perSecond, canary, by }' };
  const bulk = new BulkReplay(input);
  setHandler(bulkQuery, () => bulk.progress());
  setHandler(stopBulkUpdate, (order) => bulk.stop(order), { validator: (order) => bulk.check(order) });
  setDefaultSignalHandler((name) => log.error('a signal of an unknown name was left alone', { name }));
  const goesOn = await bulk.run();
  await condition(allHandlersFinished);
  if (goesOn) return continueAsNew<typeof bulkReplay>(goesOn);
  return bulk.progress();
}
