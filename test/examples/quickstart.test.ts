import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

import { compilePattern } from '../../src/match/pattern.ts';
import { targetFile } from '../../src/spec/target.ts';
import { triggerFile } from '../../src/spec/trigger.ts';

const folder = join(import.meta.dirname, '../../examples/quickstart');
const days = ['2026-09-01', '2026-09-02', '2026-09-03'];
const files = days.map((day) => `data/${day}.csv`);

const objectCreated = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().startsWith('com.amazonaws.s3.ObjectCreated'),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.strictObject({
    bucket: z.strictObject({ name: z.string() }),
    object: z.strictObject({ key: z.string(), size: z.int(), etag: z.string(), sequencer: z.string() }),
  }),
});
const result = z.strictObject({ model: z.string(), rows: z.int(), accuracy: z.number(), auc: z.number() });
const fitted = z.object({ features: z.array(z.string()), weights: z.array(z.number()), bias: z.number() });

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'quickstart-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

function program(name: string, args: string[], input = '') {
  return spawnSync(process.execPath, [join(folder, name), ...args], { input, encoding: 'utf8' });
}

function train(run: unknown) {
  return program('train.mjs', ['--models', scratch], typeof run === 'string' ? run : JSON.stringify(run));
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function eventOf(day: string) {
  return objectCreated.parse(json(join(folder, `events/${day}.json`)));
}

describe('make-data.mjs', () => {
  it('writes the committed files and events again, byte by byte', () => {
    const out = join(scratch, 'again');
    expect(program('make-data.mjs', ['--out', out]).status).toBe(0);
    for (const path of [...files, ...[...days, 'burst'].map((name) => `events/${name}.json`)]) {
      expect(readFileSync(join(out, path)).equals(readFileSync(join(folder, path))), path).toBe(true);
    }
  });

  it('writes other readings from another seed, and so another event', () => {
    const out = join(scratch, 'other');
    program('make-data.mjs', ['--out', out, '--seed', 'other', '2026-09-01']);
    const [other, committed] = [out, folder].map((it) => objectCreated.parse(json(join(it, 'events/2026-09-01.json'))));
    expect(other?.data.object.etag).not.toBe(committed?.data.object.etag);
    expect(other?.id).not.toBe(committed?.id);
  });

  it.each(['tomorrow', '2026-13-01', '../2026-09-01'])('refuses %s as a day', (day) => {
    const refused = program('make-data.mjs', ['--out', join(scratch, 'refused'), day]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`"${day}" is not a day`);
  });
});

describe('train.mjs', () => {
  it('learns from all files it is given, better than chance and short of certainty', () => {
    const trained = train({ runId: 'sb1-all', trigger: 'retrain-pump', key: 'pump-telemetry', params: { files } });
    expect(trained.status, trained.stderr).toBe(0);
    const { rows, auc } = result.parse(JSON.parse(trained.stdout.trimEnd().split('\n').at(-1) ?? ''));
    expect(rows).toBe(1_440);
    expect(auc).toBeGreaterThan(0.7);
    expect(auc).toBeLessThan(1);
    expect(json(join(scratch, 'sb1-all/metrics.json'))).toMatchObject({ files, rows, auc });
  });

  it('finds that a shaking pump with falling pressure is likelier to fail', () => {
    train({ runId: 'sb1-weights', params: { files } });
    const { features, weights, bias } = fitted.parse(json(join(scratch, 'sb1-weights/model.json')));
    const weightOf = (name: string) => weights[features.indexOf(name)];
    expect(weightOf('vibration_mm_s')).toBeGreaterThan(0.5);
    expect(weightOf('pressure_bar')).toBeLessThan(0);
    expect(bias).toBeLessThan(0);
  });

  it('writes the same model when the same run is started twice, whatever the order of its files', () => {
    train({ runId: 'sb1-twice', params: { files } });
    const first = readFileSync(join(scratch, 'sb1-twice/model.json'));
    train({ runId: 'sb1-twice', params: { files: [...files.toReversed(), ...files] } });
    expect(readFileSync(join(scratch, 'sb1-twice/model.json')).equals(first)).toBe(true);
  });

  it.each([
    ['a file that is missing', { runId: 'r', params: { files: ['data/2026-01-01.csv'] } }, 'data/2026-01-01.csv'],
    ['a path that leaves the data folder', { runId: 'r', params: { files: ['data/../train.mjs'] } }, 'outside'],
    ['an absolute path', { runId: 'r', params: { files: ['/etc/passwd'] } }, 'outside'],
    ['no files', { runId: 'r', params: { files: [] } }, 'params.files'],
    ['a run without id', { params: { files } }, 'runId'],
    ['a run id that leaves the models folder', { runId: '../r', params: { files } }, 'runId'],
    ['what is not JSON', 'files please', 'not JSON'],
  ])('refuses %s with one sentence', (_, run, said) => {
    const refused = train(run);
    expect(refused.status).toBe(1);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toContain(said);
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the events', () => {
  const events = days.map(eventOf);

  it('tell the true key, size and etag of the committed files', () => {
    const told = events.map(({ data: { object } }) => ({ key: object.key, size: object.size, etag: object.etag }));
    const committed = files.map((key) => {
      const bytes = readFileSync(join(folder, key));
      return { key, size: bytes.length, etag: createHash('md5').update(bytes).digest('hex') };
    });
    expect(told).toEqual(committed);
    expect(new Set(events.map((event) => event.id)).size).toBe(days.length);
  });

  it('are all in the burst', () => {
    expect(json(join(folder, 'events/burst.json'))).toEqual(events);
  });
});

describe('signalbox.yaml', () => {
  const documents = [...parseAllDocuments(readFileSync(join(folder, 'signalbox.yaml'), 'utf8'))];
  const [target, trigger] = documents.map((it): unknown => it.toJS());

  it('holds a target and a trigger that starts it', () => {
    expect(documents).toHaveLength(2);
    expect(targetFile.parse(target).metadata.name).toBe('train-pump');
    expect(triggerFile.parse(trigger).spec).toMatchObject({
      debounce: { quiet: 5_000, maxWait: 60_000 },
      cooldown: { period: 10_000, onExcess: 'hold' },
      run: { target: 'train-pump', params: { files: '${{ items }}' } },
    });
  });

  describe('its pattern', () => {
    const { events } = triggerFile.parse(trigger).spec;
    const compiled = compilePattern('pattern' in events ? (events.pattern ?? null) : null);
    const matches = (event: z.output<typeof objectCreated>) => compiled.ok && compiled.pattern.match(event).matched;
    const event = eventOf('2026-09-01');
    const { bucket, object } = event.data;

    it('is valid, without warnings', () => {
      expect(compiled).toMatchObject({ ok: true, pattern: { warnings: [] } });
    });

    it.each(days)('matches the event of %s', (day) => {
      expect(matches(eventOf(day))).toBe(true);
    });

    it.each([
      ['a removed object', { ...event, type: 'com.amazonaws.s3.ObjectRemoved:Delete' }],
      ['another bucket', { ...event, data: { object, bucket: { name: 'invoices' } } }],
      ['a file that is not CSV', { ...event, data: { bucket, object: { ...object, key: 'data/a.parquet' } } }],
      ['another folder', { ...event, data: { bucket, object: { ...object, key: 'raw/a.csv' } } }],
      ['an empty file', { ...event, data: { bucket, object: { ...object, size: 0 } } }],
    ])('does not match %s', (_, other) => {
      expect(matches(other)).toBe(false);
    });
  });
});
