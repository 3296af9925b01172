import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { EventAnswer } from '../../src/explain/answer.ts';
import type { WhyAnswer } from '../../src/explain/why-answer.ts';
import { event, eventually, Service } from './service.ts';

const DAY_MS = 86_400_000;
const day = (offset: number): string => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Source
metadata: { name: landing }
spec: { type: cloudevents }
---
${trigger('size', 'pattern: { type: [size], data: { size: [{ numeric: [">", 1048576] }] } }')}
---
${trigger('condition', 'pattern: { type: [condition] }, when: "event.data.ok && event.data.rows > 100"')}
---
${trigger('elsewhere', 'source: landing, pattern: { type: [elsewhere] }')}
---
${trigger('broken', 'pattern: { type: [broken] }, when: "event.data.missing > 1"')}
---
${trigger('same', 'pattern: { type: [same] }', 'dedupe: { by: "${{ event.data.file }}" }')}
---
${trigger('stale', 'pattern: { type: [stale] }', 'freshness: { maxAge: 1h }')}
---
${trigger('late', 'pattern: { type: [late] }', 'order: { by: "${{ event.data.seq }}" }')}
---
${trigger('halves', 'all: { features: { pattern: { type: [features] } }, labels: { pattern: { type: [labels] } } }, within: 1h')}
---
${trigger('few', 'pattern: { type: [few] }', 'threshold: { atLeast: 3, within: 1h }')}
---
${trigger('window', 'pattern: { type: [window] }', 'debounce: { quiet: 5m }')}
---
${trigger('cooling', 'pattern: { type: [cooling] }', 'cooldown: { period: 1h }')}
---
${trigger('limited', 'pattern: { type: [limited] }', 'rate: { limit: 1, per: 1h, onExcess: drop }')}
---
${trigger('queued', 'pattern: { type: [queued] }', 'rate: { limit: 1, per: 1h, onExcess: queue }')}
---
${trigger('shadowed', 'pattern: { type: [shadowed] }', 'mode: shadow')}
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: uninstalled }
spec: { command: { run: [no-such-program] } }
---
${trigger('lost', 'pattern: { type: [lost] }', '', 'uninstalled')}
---
${trigger('frozen', 'pattern: { type: [frozen] }', `hours: { allow: ["Mon-Sun 00:00-24:00"], timeZone: UTC, freeze: ["${day(-1)}/${day(2)}"], onExcess: drop }`)}
`;

function trigger(name: string, events: string, more = '', target = 'record'): string {
  return `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { ${events} }
  ${more}
  run: { target: ${target} }`;
}

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions });
  // A new database takes seconds to make on a busy machine.
  const isReady = async () =>
    JSON.stringify((await service.get('/readyz')).body['checks']).includes('"store":{"ok":true');
  await eventually('the store to open', async () => ((await isReady()) ? true : undefined), 90_000);
});
afterAll(async () => service.stop());

/** What the service says of an event, once its store has it and `isTold`. */
async function explained(id: string, isTold: (answer: EventAnswer) => boolean = () => true): Promise<EventAnswer> {
  return eventually(`an explanation of ${id}`, async () => {
    const { status, body } = await service.get(`/v1/events/${eventIdIn(id)}/explain`);
    return status === 200 && isAnswer(body) && isTold(body) ? body : undefined;
  });
}

async function why(name: string, isTold: (answer: WhyAnswer) => boolean = () => true): Promise<WhyAnswer> {
  return eventually(`a why of ${name}`, async () => {
    const { status, body } = await service.get(`/v1/triggers/${name}/why?since=1h`);
    return status === 200 && isWhy(body) && isTold(body) ? body : undefined;
  });
}

const eventIds = new Map<string, string>();

function eventIdIn(id: string): string {
  return eventIds.get(id) ?? '';
}

/** Sends an event and remembers the event id the answer gives it. */
async function send(id: string, type: string, more: Parameters<typeof event>[2] = {}): Promise<void> {
  const { body } = await service.send(event(id, type, more));
  const [accepted] = Array.isArray(body['accepted']) ? body['accepted'] : [];
  if (typeof accepted === 'object' && accepted !== null && 'eventId' in accepted) {
    eventIds.set(id, String(accepted['eventId']));
  }
}

function isAnswer(body: object): body is EventAnswer {
  return 'conclusion' in body && 'stages' in (Reflect.get(body, 'triggers')?.[0] ?? { stages: [] });
}

function isWhy(body: object): body is WhyAnswer {
  return 'conclusion' in body && 'suppressed' in body;
}

/** An event that does not fire, what comes before it, and what explain has to say: by which stage, with which value. */
type Row = {
  readonly id: string;
  readonly before?: readonly string[];
  readonly send: (id: string) => Promise<void>;
  readonly by: string;
  readonly says: readonly string[];
};

const data = (members: Record<string, string | number | boolean>) => ({ data: members });

const ROWS: readonly Row[] = [
  {
    id: 'too-small',
    send: (id) => send(id, 'size', data({ size: 419_430 })),
    by: 'not taken by size',
    says: ['data.size 419430 is not > 1048576'],
  },
  {
    id: 'few-rows',
    send: (id) => send(id, 'condition', data({ ok: true, rows: 50 })),
    by: 'not taken by condition',
    says: ['event.data.rows > 100 is false', 'event.data.rows is 50'],
  },
  {
    id: 'other-source',
    send: (id) => send(id, 'elsewhere'),
    by: 'not taken by elsewhere',
    says: ['came in through events', 'takes what comes through landing'],
  },
  {
    id: 'no-such-member',
    send: (id) => send(id, 'broken', data({ n: 1 })),
    by: 'deadLettered by match',
    says: ['filter_error', '/events/when', 'event.data.missing > 1'],
  },
  {
    id: 'same-file-again',
    before: ['same-file'],
    send: (id) => send(id, 'same', data({ file: 'a.parquet' })),
    by: 'suppressed by dedupe',
    says: ['equal in dedupe.by', 'window of 1d'],
  },
  {
    id: 'of-yesterday',
    send: (id) => send(id, 'stale', { time: new Date(Date.now() - DAY_MS).toISOString() }),
    by: 'suppressed by freshness',
    says: ['1d old', 'freshness.maxAge, 1h'],
  },
  {
    id: 'second',
    before: ['first'],
    send: (id) => send(id, 'late', data({ seq: id === 'first' ? 12 : 7 })),
    by: 'suppressed by order',
    says: ['order.by, 7, is below 12'],
  },
  {
    id: 'half',
    send: (id) => send(id, 'features'),
    by: 'waiting by correlate',
    says: ['waits for labels until'],
  },
  { id: 'one-of-three', send: (id) => send(id, 'few'), by: 'waiting by threshold', says: ['1 of 3 is reached'] },
  {
    id: 'in-window',
    before: ['in-window-before'],
    send: (id) => send(id, 'window'),
    by: 'waiting by debounce',
    says: ['with 1 other', 'fires at'],
  },
  {
    id: 'held',
    before: ['started', 'held-before'],
    send: (id) => send(id, 'cooling'),
    by: 'waiting by cooldown',
    says: ['Held by cooldown until', 'will join 1 other event'],
  },
  {
    id: 'over-the-rate',
    before: ['within-the-rate'],
    send: (id) => send(id, 'limited'),
    by: 'suppressed by rate',
    says: ['1 run started within 1h', 'rate.limit'],
  },
  {
    id: 'in-the-queue',
    before: ['first-of-the-hour'],
    send: (id) => send(id, 'queued'),
    by: 'waiting by rate',
    says: ['Held by rate: 1 run started within 1h', 'the next may start at'],
  },
  {
    id: 'on-trial',
    send: (id) => send(id, 'shadowed'),
    by: 'run succeeded',
    says: ['called nothing: mode is shadow'],
  },
  {
    id: 'without-program',
    send: (id) => send(id, 'lost'),
    by: 'run deadLettered',
    says: ['which is a dead letter', 'program no-such-program was not found'],
  },
  {
    id: 'at-christmas',
    send: (id) => send(id, 'frozen'),
    by: 'suppressed by hours',
    says: ['frozen until', 'hours.freeze'],
  },
];

/** The stage that an explanation names for the event and how it stands there, or how its run stands. */
function named({ triggers, notTaken }: EventAnswer): string {
  const [told] = triggers;
  if (!told) return `not taken by ${notTaken[0]?.trigger}`;
  const stage = told.stages.find(({ verdict }) => ['suppressed', 'deadLettered', 'waiting'].includes(verdict));
  if (stage) return `${stage.verdict} by ${stage.stage}`;
  return told.run ? `run ${told.run.status}` : told.outcome;
}

/** The reason of a hold is in the store alone. */
const isCaughtUp = ({ triggers }: EventAnswer) => triggers.every(({ seq }) => seq.stored >= (seq.decided ?? 0));

describe('an event that does not fire is explained by the stage and the value that decided', () => {
  test.each(ROWS)('$id', async ({ id, before = [], send: sends, by, says }) => {
    for (const earlier of before) await sends(earlier);
    await sends(id);
    const answer = await explained(id, (told) => named(told) === by && isCaughtUp(told));
    for (const part of says) expect(answer.conclusion).toContain(part);
  });
});

describe('what users of other systems could not find out', () => {
  test('PrefectHQ/prefect #16545: a trigger that stopped firing says why', async () => {
    await send('quiet', 'stale', { time: new Date(Date.now() - DAY_MS).toISOString() });
    const answer = await why('stale', ({ suppressed }) => suppressed.length > 0);
    expect(answer.conclusion).toMatch(/^Nothing fired since .*suppressed by freshness \(It was 1d old/);
  });

  test('PrefectHQ/prefect #19317: an event that ended in a dead letter leads to it, with what to do', async () => {
    await send('lost', 'broken', data({ n: 1 }));
    const { triggers } = await explained('lost');
    expect(triggers[0]?.deadLetter).toMatchObject({
      code: 'filter_error',
      id: expect.stringContaining('dead-letter/'),
    });
    expect(triggers[0]?.deadLetter?.remedy).not.toBe('');
  });

  test('dagster-io/dagster #19348: an identity that was seen says when it came first, and repeats are counted', async () => {
    await send('repeated', 'few');
    await send('repeated', 'few');
    const { triggers, deliveries } = await explained('repeated', (told) => (told.triggers[0]?.repeats.length ?? 0) > 0);
    expect(deliveries).toBe(2);
    expect(triggers[0]?.repeats[0]).toMatch(
      /^Again at .*The same source and id came first at .*within the dedupe window/,
    );
  });

  test('inngest/inngest #2226: an accepted event without a run names the rate limit', async () => {
    await send('limited-1', 'limited');
    await send('limited-2', 'limited');
    const answer = await explained('limited-2', (told) => told.triggers[0]?.outcome === 'suppressed');
    expect(answer.triggers[0]?.stages.find(({ stage }) => stage === 'rate')?.reason).toMatchObject({
      kind: 'rateReached',
      limit: 1,
      perMs: 3_600_000,
    });
  });

  test('boto/boto3 #3805: what happened to an event can be asked by its source and id', async () => {
    await send('asked-for', 'window');
    const feed = await eventually('the event in the feed', async () => {
      const { body } = await service.get('/v1/events?source=urn:e2e&type=window');
      return JSON.stringify(body).includes('"asked-for"') ? body : undefined;
    });
    expect(feed['events']).toContainEqual(
      expect.objectContaining({ id: 'asked-for', triggers: [expect.objectContaining({ trigger: 'window' })] }),
    );
  });

  test('argoproj/argo-events #2672: what filters turn away fills no log, and is explained when asked', async () => {
    await send('turned-away', 'size', data({ size: 1 }));
    expect((await explained('turned-away')).notTaken[0]?.sentence).toBe('data.size 1 is not > 1048576.');
    expect(service.running.output()).not.toContain('data.size');
    const unmatched = await service.get('/v1/events?unmatched=true');
    expect(JSON.stringify(unmatched.body)).toContain('"turned-away"');
  });
});

describe('a trigger in numbers', () => {
  test('counts what it took, what became of it, and how long starts took', async () => {
    const time = new Date(Date.now() - 60_000).toISOString();
    await send('counted', 'few', { time });
    await send('counted-2', 'few', { time });
    await send('counted-3', 'few', { time });
    const body = await eventually('statistics', async () => {
      const { body: stats } = await service.get('/v1/triggers/few/stats?since=1h');
      return JSON.stringify(stats).includes('"fromArrival"') ? stats : undefined;
    });
    expect(body).toMatchObject({ runs: { decided: 1 }, bucketMs: 3_600_000 });
    expect(JSON.stringify(body['toStart'])).toMatch(/"fromArrival":\{"p50Ms":[1-9].*"fromEvent":\{"p50Ms":6\d{4}/);
  });

  test('an event nobody knows is 404, with where to look', async () => {
    expect(await service.get('/v1/events/evt_unknown/explain')).toMatchObject({
      status: 404,
      body: { code: 'event_unknown' },
    });
  });
});
