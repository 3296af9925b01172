import net from 'node:net';
import { parseArgs } from 'node:util';

/**
 * A load generator in a process of its own: raw sockets, one request in flight on each, unique events, and a histogram of
 * acknowledgements. Prints one line of JSON. It sends to loopback only and stops by itself.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    batch: { type: 'string', default: '1' },
    keys: { type: 'string', default: '1' },
    type: { type: 'string', default: 'hot' },
    /** Events a second in all; as fast as acknowledged without it. */
    rate: { type: 'string' },
    /** Events in all. */
    count: { type: 'string' },
  },
});

const port = Number(values.port);
const batchSize = Number(values.batch);
const keys = Number(values.keys);
const prefix = `${process.pid}-${Date.now()}`;
const endsAt = performance.now() + Number(values.seconds) * 1_000;
const most = values.count === undefined ? Infinity : Number(values.count);
const padding = 'x'.repeat(600);

let made = 0;
let acked = 0;
let refused = 0;
let lastAckAt = performance.now();
let longestGapMs = 0;
const tookMs: number[] = [];
const refusals = new Map<number, number>();

function eventJson(): string {
  made += 1;
  const data = {
    n: made,
    key: `k${made % keys}`,
    sentAt: Date.now(),
    object: { key: `daily/${made}.parquet` },
    padding,
  };
  return JSON.stringify({ specversion: '1.0', id: `${prefix}-${made}`, source: 'bench', type: values.type, data });
}

function request(): string {
  const body = batchSize === 1 ? eventJson() : `[${Array.from({ length: batchSize }, eventJson).join(',')}]`;
  const type = batchSize === 1 ? 'application/cloudevents+json' : 'application/cloudevents-batch+json';
  return `POST /events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function answered(status: number, startedAt: number): void {
  const now = performance.now();
  if (status !== 202) {
    refused += 1;
    refusals.set(status, (refusals.get(status) ?? 0) + 1);
    return;
  }
  acked += batchSize;
  tookMs.push(now - startedAt);
  longestGapMs = Math.max(longestGapMs, now - lastAckAt);
  lastAckAt = now;
}

const isOver = () => performance.now() >= endsAt || made >= most;

/** One connection: sends, waits for the whole answer, sends again. */
function connection(everyMs: number, offsetMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
    let startedAt = 0;
    let nextAt = performance.now() + offsetMs;
    let received = '';
    const send = () => {
      if (isOver()) return socket.end();
      startedAt = performance.now();
      return socket.write(request());
    };
    const sendInTime = () => {
      if (everyMs === 0) return send();
      nextAt += everyMs;
      return setTimeout(send, Math.max(0, nextAt - performance.now()));
    };
    socket.on('connect', () => sendInTime());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < head + 4 + length) return;
      answered(Number(received.slice(9, 12)), startedAt);
      received = '';
      sendInTime();
    });
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
}

const connections = Number(values.connections);
const everyMs = values.rate === undefined ? 0 : (1_000 * connections * batchSize) / Number(values.rate);
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: connections }, (_, index) => connection(everyMs, (everyMs * index) / connections)),
);
const seconds = (performance.now() - startedAt) / 1_000;
tookMs.sort((a, b) => a - b);
const at = (share: number) => Math.round((tookMs[Math.floor(tookMs.length * share)] ?? 0) * 10) / 10;
console.log(
  JSON.stringify({
    acked,
    refused,
    refusals: Object.fromEntries(refusals),
    seconds: Math.round(seconds * 100) / 100,
    perSecond: Math.round(acked / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestGapMs: Math.round(longestGapMs),
  }),
);
