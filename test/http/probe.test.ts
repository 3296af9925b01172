import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';

import { createProbeTrigger } from '../../src/http/probe.ts';
import { loadedWith } from '../load/given.ts';

test('a probe that nobody answers is said to be that, and a trigger that is not loaded is not found', async () => {
  const trigger = await loadedWith([]);
  const triggers = new Map([['retrain', trigger]]);
  const none = { targets: new Map(), sources: new Map(), pools: new Map(), loadedAt: 0, fingerprint: '', written: [] };
  const connection = Connection.lazy({ address: '127.0.0.1:9' });
  // Long ago: the time in which somebody may answer is over.
  const probe = createProbeTrigger(
    new Client({ connection }),
    () => ({ ...none, triggers }),
    () => 0,
  );
  expect(await probe('nobody')).toMatchObject({ ok: false, refusal: { code: 'not_found' } });
  expect(await probe('retrain')).toMatchObject({
    ok: false,
    refusal: { code: 'probe_unanswered', detail: expect.stringContaining('within 55 s'), retryAfterSeconds: 1 },
  });
  await connection.close();
});
