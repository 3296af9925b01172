import { expect, it } from 'vitest';

import { offStore } from '../../src/store/off.ts';

it('a store that is off answers every question with the reason', async () => {
  const store = offStore('SIGNALBOX_STORE is off');
  const refused = { ok: false, refusal: { code: 'store_off', detail: 'SIGNALBOX_STORE is off' } };
  expect(await store.event('evt_1')).toMatchObject(refused);
  for await (const page of store.eventsBetween({ sinceAt: 0, untilAt: 1 })) expect(page).toMatchObject(refused);
  expect(store.status()).toMatchObject({ state: 'off' });
});
