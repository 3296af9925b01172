/** The first moment of the traffic: 2026-08-01 in UTC, epoch milliseconds. */
const FROM_AT = Date.UTC(2026, 7, 1);
/** Traffic as of two weeks. */
const SPAN_MS = 14 * 86_400_000;
/** One event in so many is a file that lands for a dataset, the rest alternate over the other kinds. */
const KINDS = ['file', 'file', 'file', 'drift', 'labels', 'release', 'other', 'other'] as const;

/** A generator of numbers in [0, 1) that gives the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` CloudEvents of two weeks as NDJSON lines, a little out of order, some of them twice. */
export function* eventLines(count: number, seed = 1): Generator<string> {
  const next = random(seed);
  const below = (most: number): number => Math.floor(next() * most);
  let line = '';
  for (let index = 0; index < count; index += 1) {
    if (line !== '' && next() < 0.02) {
      yield line;
      continue;
    }
    const jitterMs = below(2_000);
    const time = new Date(FROM_AT + Math.floor((index / count) * SPAN_MS) + jitterMs).toISOString();
    const head = { specversion: '1.0', id: `e-${index}`, time };
    line = JSON.stringify({ ...head, ...bodyOf(KINDS[below(KINDS.length)], index, time, below) });
    yield line;
  }
}

function bodyOf(kind: (typeof KINDS)[number] | undefined, id: number, time: string, below: (most: number) => number) {
  switch (kind) {
    case 'file': {
      const key = `daily/dt=${time.slice(0, 10)}/part-${id}.parquet`;
      const object = { key, size: below(5_000_000), etag: id.toString(16).padStart(32, '0'), sequencer: String(id) };
      const data = { version: '0', bucket: { name: `lake-${1 + below(8)}` }, object, requester: '123456789012' };
      return { source: '/aws/s3', type: 'com.amazonaws.s3.ObjectCreated:Put', subject: key, data };
    }
    case 'drift':
      return {
        source: '/monitoring',
        type: 'model.drift',
        data: { team: `team-${1 + below(8)}`, model: `m-${below(200)}`, score: below(1_000) / 1_000 },
      };
    case 'labels':
      return { source: `/labels/region-${1 + below(8)}`, type: 'labels.done', data: { batch: id, count: below(500) } };
    case 'release':
      return {
        source: '/ci',
        type: 'code.released',
        data: { service: `service-${1 + below(40)}`, version: `1.${id}.0`, commit: id.toString(16).padStart(40, '0') },
      };
    case 'other':
    case undefined:
      return { source: '/app', type: 'page.viewed', data: { page: `/p/${below(10_000)}`, ms: below(900), user: id } };
  }
}
