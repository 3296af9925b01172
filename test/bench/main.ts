import { cpus, release, totalmem } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

import { completedRuns, connectBaselines } from './raw.ts';
import {
  load,
  quantile,
  type Recorder,
  removeState,
  type Service,
  startRecorder,
  startService,
  until,
} from './service.ts';

/** Seconds of each flood; BENCH_SECONDS shortens a trial. */
const FLOOD_SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60);
const SINGLE_RUNS = 1_500;
const DAY_SECONDS = 86_400;

/** One line of the table: what, measured, wanted. */
type Row = readonly [what: string, measured: string, reach: string];

const KEPT = z.object({
  counts: z.object({ eventsInRuns: z.number() }),
  pressure: z.object({ pendingItems: z.number() }),
  history: z.object({ events: z.number(), bytes: z.number(), signals: z.number() }),
});

/** The last table stands here, between two marks. */
const PAGE = 'docs/benchmarks.md';
const MARK = '<!-- the last table -->';

const rows: Row[] = [];
function note(...row: Row): void {
  rows.push(row);
  console.log(row.join(' | '));
}

async function latency(service: Service, recorder: Recorder): Promise<void> {
  await load(service, { type: 'each', rate: 20, connections: 4, seconds: 5 });
  recorder.latenciesMs.length = 0;
  const acks = await load(service, { type: 'each', rate: 20, connections: 4, seconds: 30 });
  await until(() => recorder.latenciesMs.length >= acks.acked, 30_000);
  const [p50, p99] = [quantile(recorder.latenciesMs, 0.5), quantile(recorder.latenciesMs, 0.99)];
  note(
    'event accepted → target called, no window, 20 events/s',
    `p50 ${p50} ms, p99 ${p99} ms`,
    'p50 ≤ 35 ms, p99 ≤ 100 ms',
  );
  note('acknowledgement, 20 events/s', `p50 ${acks.p50Ms} ms, p99 ${acks.p99Ms} ms`, 'p50 ≤ 8 ms, p99 ≤ 40 ms');
}

async function floods(service: Service): Promise<void> {
  const baselines = await connectBaselines(service);
  const single = await baselines.oneSignalAnEvent(10);
  const batches = await baselines.sameBatches(15);
  await baselines.close();
  const common = { type: 'hot', seconds: FLOOD_SECONDS };
  const before = service.databaseBytes();
  const one = await load(service, { ...common, connections: 512 });
  const growth = service.databaseBytes() - before;
  const sixteen = await load(service, { ...common, connections: 128, batch: 16 });
  note(`acknowledged events/s over ${FLOOD_SECONDS} s, one event a request`, `${one.perSecond}`, '≥ 8,000');
  note(
    'its longest gap between acks, ack p99, refused',
    `${one.longestGapMs} ms, ${one.p99Ms} ms, ${one.refused}`,
    '≤ 500 ms, ≤ 250 ms',
  );
  note(
    'against one signal an event by the raw client',
    `${(one.perSecond / single).toFixed(1)}× of ${single}/s`,
    '≥ 20×',
  );
  note(
    'against the raw client sending batches of 256',
    `${(one.perSecond / batches).toFixed(2)} of ${batches}/s`,
    '≥ 0.6',
  );
  note(`acknowledged events/s over ${FLOOD_SECONDS} s, batches of 16`, `${sixteen.perSecond}`, '≥ 15,000');
  note(
    'its longest gap between acks, ack p99, refused',
    `${sixteen.longestGapMs} ms, ${sixteen.p99Ms} ms, ${sixteen.refused}`,
    '≤ 500 ms, ≤ 250 ms',
  );
  note(
    'the same against the raw client sending batches of 256',
    `${(sixteen.perSecond / batches).toFixed(2)} of ${batches}/s`,
    '≥ 0.6',
  );
  note('database growth an event in that flood', `${Math.round(growth / Math.max(1, one.acked))} bytes`, '');
}

async function eachItsOwnRun(service: Service, recorder: Recorder): Promise<void> {
  const baselines = await connectBaselines(service);
  const raw = await baselines.oneWorkflowAnEvent(SINGLE_RUNS, 32, recorder);
  await baselines.close();
  const completed = await completedRuns(service, 'each');
  const before = recorder.calls;
  const startedAt = performance.now();
  const sent = await load(service, {
    type: 'each',
    connections: 32,
    count: SINGLE_RUNS,
    seconds: 120,
  });
  await until(() => recorder.calls - before >= sent.acked, 300_000);
  await until(async () => (await completedRuns(service, 'each')) - completed >= sent.acked, 60_000);
  const perSecond = sent.acked / ((performance.now() - startedAt) / 1_000);
  note(
    'each event starts its own run, to completion',
    `${Math.round(perSecond)}/s, ${(perSecond / raw).toFixed(2)} of the raw client's ${raw}/s`,
    '≥ 0.8',
  );
}

async function burst(service: Service, recorder: Recorder): Promise<void> {
  const before = recorder.calls;
  const earlier = await runsOf(service);
  const startedAt = performance.now();
  const sent = await load(service, {
    type: 'kept',
    connections: 64,
    count: 10_000,
    seconds: 60,
  });
  const tookMs = performance.now() - startedAt;
  await until(async () => (await runsOf(service)) - earlier === sent.acked, 60_000);
  await until(() => recorder.calls > before, 30_000);
  const trigger = await detail(service);
  const { bytes, events, signals } = trigger.history;
  note(
    '10,000-event burst into one debounce',
    `${recorder.calls - before} run of ${trigger.counts.eventsInRuns - earlier} events, sent in ${Math.round(tookMs)} ms`,
    'one run, 10,000 accounted for',
  );
  note(
    'its instance, at most half of any limit',
    `${events} history events, ${Math.round(bytes / 1_024)} KB, ${signals} signals`,
    '≤ 25,600, ≤ 25 MB, ≤ 5,000',
  );
}

async function detail(service: Service): Promise<z.output<typeof KEPT>> {
  const answer = await fetch(`http://127.0.0.1:${service.port}/v1/triggers/kept`);
  return KEPT.parse(await answer.json());
}

async function pendingOf(service: Service): Promise<number> {
  return (await detail(service)).pressure.pendingItems;
}

async function runsOf(service: Service): Promise<number> {
  return (await detail(service)).counts.eventsInRuns;
}

async function disk(service: Service): Promise<void> {
  const before = service.databaseBytes();
  const sent = await load(service, { type: 'kept', rate: 20, connections: 4, seconds: 30 });
  await until(async () => (await pendingOf(service)) === 0, 60_000);
  const perEvent = (service.databaseBytes() - before) / sent.acked;
  const gibPerDay = (perEvent * 20 * DAY_SECONDS) / 1_024 ** 3;
  note(
    'disk at 20 events/s into a window',
    `${gibPerDay.toFixed(2)} GiB a day (${Math.round(perEvent)} bytes an event)`,
    '≤ 1 GB a day',
  );
}

const recorder = await startRecorder();
let service = await startService(recorder.port);
const { state } = service;
const idle = service.residentMiB();
await latency(service, recorder);
await disk(service);
await burst(service, recorder);
await eachItsOwnRun(service, recorder);
await floods(service);
const busy = service.residentMiB();
note(
  'resident memory, idle (service + worker; Temporal beside it)',
  `${idle.service} MiB; ${idle.temporal} MiB`,
  '≤ 400 MB',
);
note('the same after all of the above', `${busy.service} MiB; ${busy.temporal} MiB`, '');
await service.stop();
service = await startService(recorder.port, state);
note('second start, with that state, to ready', `${(service.readyMs / 1_000).toFixed(1)} s`, '≤ 10 s');
await service.stop();
recorder.close();
removeState(state);

const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model ?? 'unknown'}), ${Math.round(totalmem() / 1_024 ** 3)} GiB, Linux ${release()}, Node ${process.version}`;
const table = ['| what | measured | to reach |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)];
const [head = '', , tail = ''] = readFileSync(PAGE, 'utf8').split(MARK);
const body = `\n${machine}; ${new Date().toISOString().slice(0, 10)}.\n\n${table.join('\n')}\n`;
writeFileSync(PAGE, `${head}${MARK}${body}${MARK}${tail}`);
