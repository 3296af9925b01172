import { load, quantile, type Recorder, removeState, startRecorder, startService, until } from './service.ts';

/**
 * What the embedded store costs ingest: the same floods with it and without it, in turns, each on a fresh state. Events a
 * second, and events for each second of processor time of service and Temporal. The second is without the thread of the
 * store, which has a lower priority, and holds on a machine that others use too.
 * Run: npm run build, then node --import tsx test/bench/store.ts [seconds of a flood]
 */
const SECONDS = Number(process.argv[2] ?? 15);
const WARM_UP_SECONDS = 5;
const ROUNDS = 3;
const REACH = 0.8;

const FLOODS = [
  { what: 'one event a request', options: { connections: 512 } },
  { what: 'batches of 16', options: { connections: 128, batch: 16 } },
] as const;

type Reached = { readonly perSecond: number; readonly perCpuSecond: number };

async function floods(recorder: Recorder, store: 'on' | 'off'): Promise<readonly Reached[]> {
  const service = await startService(recorder.port, undefined, { SIGNALBOX_STORE: store });
  try {
    if (store === 'on') await until(() => isOpen(service.port), 60_000);
    await load(service, { type: 'hot', seconds: WARM_UP_SECONDS, connections: 64 });
    const reached: Reached[] = [];
    for (const { options } of FLOODS) {
      const before = service.cpuSeconds();
      const { acked, perSecond } = await load(service, { type: 'hot', seconds: SECONDS, ...options });
      reached.push({ perSecond, perCpuSecond: Math.round(acked / (service.cpuSeconds() - before)) });
    }
    return reached;
  } finally {
    await service.stop();
    removeState(service.state);
  }
}

async function isOpen(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/v1/events?limit=1`)).ok;
}

const recorder = await startRecorder();
const on: (readonly Reached[])[] = [];
const off: (readonly Reached[])[] = [];
const told = (reached: readonly Reached[] | undefined) =>
  reached?.map(({ perSecond, perCpuSecond }) => `${perSecond} (${perCpuSecond})`).join(', ');
for (let round = 1; round <= ROUNDS; round += 1) {
  on.push(await floods(recorder, 'on'));
  off.push(await floods(recorder, 'off'));
  console.log(
    `round ${round}, events a second (of processor time): with ${told(on.at(-1))}; without ${told(off.at(-1))}`,
  );
}
recorder.close();
for (const [index, { what }] of FLOODS.entries()) {
  for (const by of ['perSecond', 'perCpuSecond'] as const) {
    const median = (rounds: readonly (readonly Reached[])[]) =>
      quantile(
        rounds.map((round) => round[index]?.[by] ?? Number.NaN),
        0.5,
      );
    const [withStore, without] = [median(on), median(off)];
    const ratio = withStore / without;
    const said = ratio >= REACH ? 'reached' : 'MISSED';
    console.log(`${what}, ${by}: ${withStore} of ${without}, ${ratio.toFixed(2)}, reach ${REACH}: ${said}`);
  }
}
