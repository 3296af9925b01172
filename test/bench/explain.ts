import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { NUMBERS_A_SECOND } from '../../src/contract/numbering.ts';
import { createExplainApi } from '../../src/http/read-explain.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { openStore, type OpenStore } from '../../src/store/open.ts';

/**
 * How long one explanation takes with very many stored events, on the embedded store. Every event sat in a window of ten
 * that became a run; every tenth was suppressed. Run: node --import tsx test/bench/explain.ts [events] [directory]; a store that an
 * earlier run left in the directory is used again.
 */
const EVENTS = Number(process.argv[2] ?? 1_000_000);
const REACH_MS = 50;
const ASKED = 300;
/** Not counted: a database that was just opened reads its indexes from disk. */
const WARM_UP = 50;
const CHUNK = 5_000;
const WINDOW = 10;
const T0 = 1_760_000_000_000;
const INSTANCE = 'trigger/retrain';

const idOf = (index: number): string => `evt_${index.toString(36).padStart(22, '0')}`;

function chunkOf(from: number): { readonly entries: readonly LedgerEntry[] } {
  const entries: LedgerEntry[] = [];
  // Five facts a window, so that every entry has a seq of its own.
  for (let first = from; first < from + CHUNK; first += WINDOW) {
    const ids = Array.from({ length: WINDOW - 1 }, (_, index) => idOf(first + index));
    const seq = (first / WINDOW) * 5 + 1;
    const at = T0 + first;
    const common = { at, key: `key-${first % 1_000}` };
    const last = idOf(first + WINDOW - 1);
    const why = { kind: 'tooOld', ageMs: 7_200_000, maxAgeMs: 3_600_000, checked: 'arrival' } as const;
    const runId = `sb1-${String(first).padStart(40, '0')}`;
    entries.push(
      { ...common, seq, kind: 'collected', stage: 'debounce', eventIds: ids, eventCount: ids.length, dueAt: at + 1 },
      {
        ...common,
        seq: seq + 1,
        kind: 'suppressed',
        stage: 'freshness',
        eventIds: [last],
        eventCount: 1,
        reason: why.kind,
        why,
      },
      {
        ...common,
        seq: seq + 2,
        kind: 'runDecided',
        runId,
        eventIds: ids,
        eventCount: ids.length,
        detail: 'events',
        target: 't',
      },
      { ...common, seq: seq + 3, kind: 'startReported', runId, detail: 'started' },
      { ...common, seq: seq + 4, kind: 'runEnded', runId, detail: 'succeeded' },
    );
  }
  return { entries };
}

async function fill(store: OpenStore): Promise<void> {
  const startedAt = Date.now();
  for (let from = 0; from < EVENTS; from += CHUNK) {
    store.recordAccepted(
      Array.from({ length: CHUNK }, (_, index) => ({
        eventId: idOf(from + index),
        receivedAt: T0 + from + index,
        via: 'events',
        event: {
          specversion: '1.0',
          id: String(from + index),
          source: '/landing',
          type: 'com.acme.file.created',
          data: { object: { key: `daily/part-${from + index}.parquet`, size: 1_048_577, etag: 'x'.repeat(500) } },
        },
        takenBy: [{ trigger: 'retrain', key: 'key', generation: 'g' }],
        failedIn: [],
      })),
    );
    const { entries } = chunkOf(from);
    const seqFrom = entries[0]?.seq ?? 1;
    const seqTo = entries.at(-1)?.seq ?? 0;
    store.recordPage(INSTANCE, { trigger: 'retrain', target: 't', seqFrom, seqTo, entries, pendingItems: 0 });
    await store.flushed();
  }
  const took = (Date.now() - startedAt) / 1_000;
  console.log(`${EVENTS.toLocaleString('en')} events with their verdicts stored in ${took.toFixed(0)} s`);
}

const given = process.argv[3];
const directory = given ?? mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
const isFilled = existsSync(join(directory, 'store'));
const store = openStore({
  place: { kind: 'embedded', directory: join(directory, 'store') },
  keepMs: 10 * 365 * 86_400_000,
  seqSpan: NUMBERS_A_SECOND,
  now: () => T0 + EVENTS,
  observer: {
    wrote: () => undefined,
    dropped: (kind, why, rows) => console.log(`dropped ${rows} rows of ${kind}: ${why}`),
    failed: (detail) => console.log(detail),
    backlog: () => undefined,
    state: () => undefined,
  },
});
try {
  if (!isFilled) await fill(store);
  while (store.status().state === 'opening') await sleep(100);
  const api = createExplainApi({
    store,
    instances: {
      where: async () => undefined,
      open: async () => undefined,
      approval: async () => undefined,
      failure: async () => ({}),
    },
    definitions: () => ({
      loadedAt: 1,
      triggers: new Map(),
      targets: new Map(),
      sources: new Map(),
      pools: new Map(),
      fingerprint: '',
      written: [],
    }),
    now: () => T0 + EVENTS,
    temporalUrl: () => undefined,
  });
  const took: number[] = [];
  const outcomes = new Map<string, number>();
  for (let asked = 1; asked <= WARM_UP; asked += 1) await api.explain(idOf((asked * 104_729) % EVENTS));
  const cpuBefore = process.cpuUsage();
  for (let asked = 0; asked < ASKED; asked += 1) {
    const before = performance.now();
    const answer = await api.explain(idOf((asked * 7_919) % EVENTS));
    took.push(performance.now() - before);
    const outcome = answer.ok ? (answer.value.triggers[0]?.outcome ?? 'none') : answer.refusal.code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor(share * (took.length - 1))] ?? 0).toFixed(1);
  console.log(`outcomes: ${JSON.stringify(Object.fromEntries(outcomes))}`);
  console.log(`processor time of one: ${((user + system) / 1_000 / ASKED).toFixed(1)} ms`);
  const verdict = Number(at(0.99)) <= REACH_MS ? 'reached' : 'MISSED';
  console.log(
    `explain: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms   reach ${REACH_MS} ms   ${verdict}`,
  );
} finally {
  await store.close();
  if (given === undefined) rmSync(directory, { recursive: true, force: true });
}
