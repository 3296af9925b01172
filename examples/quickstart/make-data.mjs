// Makes the sensor readings of a made-up pumping station, and for every file the event a bucket would send for it.
//
//   node make-data.mjs                          the three committed days and their events
//   node make-data.mjs 2026-09-04               one more day
//   node make-data.mjs --out DIR --seed TEXT    into another folder, other readings
//
// Every random number is a hash of the seed and of what it is for, so the same command always writes the same bytes,
// and a later day continues the earlier ones.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const STEP_MS = 6 * 3_600_000;
const DAY_MS = 4 * STEP_MS;
/** Old enough that on the first day written every pump is at its own point between two repairs. */
const FLEET_STARTED_AT = Date.parse('2026-08-01T00:00:00Z');
const PUMPS = Array.from({ length: 120 }, (_, index) => `P-${String(index + 1).padStart(3, '0')}`);
const COMMITTED_DAYS = ['2026-09-01', '2026-09-02', '2026-09-03'];
const BUCKET = 'pump-telemetry';

const { values: options, positionals: askedDays } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: import.meta.dirname }, seed: { type: 'string', default: 'pumps' } },
});

/** 0 ≤ u < 1. */
function uniform(...what) {
  return (
    createHash('sha256')
      .update([options.seed, ...what].join(' '))
      .digest()
      .readUInt32BE(0) /
    2 ** 32
  );
}

/** Standard normal, by Box and Muller's formula. */
function normal(...what) {
  return Math.sqrt(-2 * Math.log(1 - uniform(...what, 'radius'))) * Math.cos(2 * Math.PI * uniform(...what, 'angle'));
}

/** A pump's life in steps up to `untilMs`: its wear at each, from 0 to about 1.5, and whether it failed right after. */
function life(pump, untilMs) {
  const wearPerStep = 0.02 + 0.02 * uniform(pump, 'load');
  const steps = [];
  let wear = uniform(pump, 'age');
  for (let atMs = FLEET_STARTED_AT; atMs < untilMs; atMs += STEP_MS) {
    wear += wearPerStep * (0.5 + uniform(pump, atMs, 'wear'));
    const failed = uniform(pump, atMs, 'fails') < 0.004 + 0.9 * Math.max(0, wear - 0.75) ** 2;
    steps.push({ atMs, wear, failed });
    // A repaired pump is nearly new.
    if (failed) wear = 0.05;
  }
  return steps;
}

/** What the sensors show: wear shakes, heats, loses pressure; mounting, weather and the sensors themselves add noise. */
function reading(pump, { atMs, wear }) {
  const noise = (sensor) => 0.6 * normal(pump, sensor) + normal(pump, atMs, sensor);
  const afternoon = Math.sin((2 * Math.PI * (atMs - 2 * STEP_MS)) / DAY_MS);
  return [
    Math.max(0.3, 1.9 + 2.4 * wear ** 2 + 0.8 * noise('vibration')).toFixed(2),
    (47 + 11 * wear + 3 * afternoon + 4 * noise('temperature')).toFixed(1),
    (6.2 - 0.8 * wear + 0.35 * noise('pressure')).toFixed(2),
    (1_482 - 9 * wear + 14 * noise('rpm')).toFixed(0),
  ];
}

function csvOf(day) {
  const fromMs = Date.parse(`${day}T00:00:00Z`);
  const rows = PUMPS.flatMap((pump) => {
    // One day more than is written: whether a pump fails within 24 hours shows only then.
    const steps = life(pump, fromMs + 2 * DAY_MS);
    return steps.flatMap((step, index) => {
      if (step.atMs < fromMs || step.atMs >= fromMs + DAY_MS) return [];
      const fails = steps.slice(index, index + DAY_MS / STEP_MS).some((it) => it.failed);
      const measuredAt = new Date(step.atMs).toISOString().replace('.000', '');
      return [[measuredAt, pump, ...reading(pump, step), fails ? 1 : 0].join(',')];
    });
  });
  // ISO times sort as text.
  const header = 'measured_at,pump,vibration_mm_s,temperature_c,pressure_bar,rpm,failed_within_24h';
  return `${[header, ...rows.sort()].join('\n')}\n`;
}

/** What S3 tells of a new object, as a CloudEvent; another content makes another event. */
function eventOf(day, csv) {
  // A day's labels are known one day later: that is when its file arrives.
  const arrivedAt = Date.parse(`${day}T00:05:00Z`) + 2 * DAY_MS;
  const etag = createHash('md5').update(csv).digest('hex');
  const sequencer = `00${arrivedAt.toString(16).toUpperCase().padStart(16, '0')}`;
  return {
    specversion: '1.0',
    id: `${etag.slice(0, 16).toUpperCase()}.${sequencer}`,
    source: `aws:s3.eu-central-1.${BUCKET}`,
    type: 'com.amazonaws.s3.ObjectCreated:Put',
    subject: `data/${day}.csv`,
    time: new Date(arrivedAt).toISOString(),
    datacontenttype: 'application/json',
    data: {
      bucket: { name: BUCKET },
      object: { key: `data/${day}.csv`, size: Buffer.byteLength(csv), etag, sequencer },
    },
  };
}

function write(path, text) {
  writeFileSync(join(options.out, path), text);
  console.log(`${path}: ${Buffer.byteLength(text)} bytes`);
}

const days = askedDays.length > 0 ? askedDays : COMMITTED_DAYS;
const wrong = days.find((day) => !/^\d{4}-\d{2}-\d{2}$/.test(day) || !(Date.parse(day) > FLEET_STARTED_AT));
if (wrong !== undefined) {
  console.error(`"${wrong}" is not a day such as 2026-09-04, after 2026-08-01.`);
  process.exit(1);
}
for (const folder of ['data', 'events']) mkdirSync(join(options.out, folder), { recursive: true });
const events = days.map((day) => {
  const csv = csvOf(day);
  const event = eventOf(day, csv);
  write(`data/${day}.csv`, csv);
  write(`events/${day}.json`, `${JSON.stringify(event, null, 2)}\n`);
  return event;
});
if (askedDays.length === 0) write('events/burst.json', `${JSON.stringify(events, null, 2)}\n`);
