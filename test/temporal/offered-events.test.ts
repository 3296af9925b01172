import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, test } from 'vitest';

import { offeredEvents } from '../../src/temporal/replay-ledger.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const payloads = (value: unknown) => ({
  payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(value)) }],
});

const batch = (name: string) => {
  const offer = { eventId: `evt_${name.padEnd(22, '-')}`, body: 'body-of-this', receivedAt: 1, key: 'k' };
  return { version: 1, offers: [offer], reports: [] };
};

test('a history has the events that were sent to its instance, and those that it read in a segment', () => {
  const page = {
    signals: [
      { at: 3, batch: batch('kept') },
      { at: 4, batch: null },
    ],
    more: false,
    over: false,
  };
  const offered = offeredEvents(
    historyFromJSON({
      events: [
        { workflowExecutionStartedEventAttributes: { input: payloads({ definition: { generation: 'g1' } }) } },
        { workflowExecutionSignaledEventAttributes: { signalName: 'batch', input: payloads(batch('sent')) } },
        { workflowExecutionSignaledEventAttributes: { signalName: 'other', input: payloads(batch('none')) } },
        { eventId: '7', activityTaskScheduledEventAttributes: { activityType: { name: 'readSegment' } } },
        { eventId: '8', activityTaskScheduledEventAttributes: { activityType: { name: 'startRuns' } } },
        { activityTaskCompletedEventAttributes: { scheduledEventId: '8', result: payloads({ signals: [{}] }) } },
        { activityTaskCompletedEventAttributes: { scheduledEventId: '7', result: payloads(page) } },
      ],
    }),
  );
  expect(offered.map(({ offer, generation }) => [offer.eventId.replaceAll('-', ''), generation])).toEqual([
    ['evt_sent', 'g1'],
    ['evt_kept', 'g1'],
  ]);
});
