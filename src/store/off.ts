import { refusal } from '../errors.ts';
import type { ReasonReader, Store } from './store.ts';

/** A store that keeps nothing and says why: `detail` is one sentence for people. */
export function offStore(detail: string): Store & ReasonReader {
  const off = { ok: false, refusal: refusal('store_off', detail) } as const;
  const refuse = () => Promise.resolve(off);
  return {
    recordAccepted: () => undefined,
    recordPage: () => undefined,
    recordAction: () => undefined,
    event: refuse,
    events: refuse,
    entriesOfEvent: refuse,
    entries: refuse,
    counts: refuse,
    runs: refuse,
    run: refuse,
    latency: refuse,
    withoutRun: refuse,
    actions: refuse,
    replaysOf: refuse,
    ledgerSeq: refuse,
    arrivals: refuse,
    notTaken: refuse,
    fired: refuse,
    eventLatency: refuse,
    async *eventsBetween() {
      yield off;
    },
    status: () => ({ kind: 'off', state: 'off', detail }),
  };
}
