import { Client, Connection } from '@temporalio/client';
import { afterAll, expect, it } from 'vitest';

import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { createDeadLetterReads } from '../../src/http/dead-letter-reads.ts';

// Nothing listens there.
const connection = Connection.lazy({ address: '127.0.0.1:1' });
const client = new Client({ connection });
afterAll(() => connection.close());

/** A clock that is late, so that a deadline of seconds is over soon. */
const late = (deadlineMs: number) => () => Date.now() - deadlineMs + 300;

it('says of a dead letter that Temporal is away, not that it is not known', async () => {
  const answers = [
    await createDeadLetterReads(client, late(8_000)).deadLetter('sb1-1'),
    await createDeadLetterReads(client, late(5_000)).deadLetters({ limit: 10 }),
    await createLetterOrders(client, late(10_000)).replayLetter('sb1-1', { by: 'ann' }),
  ];
  for (const answer of answers) {
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'temporal_unavailable', retryAfterSeconds: 1 } });
  }
});
