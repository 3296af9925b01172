import { describe, expect, it } from 'vitest';

import { findingsOf, TARGET, trigger } from './directory.ts';

const EVENTS = '  events: { pattern: { type: [a] } }\n';
const RUN = '  run: { target: train }\n';

/** What a trigger with these settings is told, its target defined. */
const told = (spec: string): Promise<string[]> => findingsOf(`${trigger(spec)}${TARGET}`);

describe('patterns and expressions of a trigger', () => {
  it('says nothing about a sound one', async () => {
    const spec = `  events:
    any:
      - source: events
        pattern: { type: [{ prefix: com.amazonaws.s3 }], data: { object: { size: [{ numeric: [">", 10] }] } } }
        when: "event.data.object.size < 5e9 && trigger.name == 'retrain'"
        collect: { $value: "\${{ event.data.object.etag }}", $default: null }
      - { pattern: { type: [manual] }, key: manual }
  key: "\${{ event.data.object.key }}"
  collect: "\${{ event.data.object.key }}"
  dedupe: { by: ["\${{ event.data.object.key }}", "\${{ key }}"], window: 24h }
  freshness: { maxAge: 1h, at: both }
  debounce: { quiet: 30s, maxWait: 10m }
  cooldown: { period: 30m }
  run:
    target: train
    identity: "\${{ event.data.object.key }}-\${{ key }}"
    params: { files: "\${{ items }}", run: "\${{ run.id }}", n: "\${{ run.eventCount }}", when: "\${{ run.firedAt }}" }
`;
    expect(await told(spec)).toEqual([]);
  });

  it.each([
    [
      'pattern',
      `  events: { pattern: { type: [{ prefx: a }] } }\n${RUN}`,
      /^5:\d+ error \/spec\/events\/pattern\/type\/0/,
    ],
    ['empty pattern', `  events: { pattern: {} }\n${RUN}`, /^5:\d+ error \/spec\/events\/pattern /],
    [
      'when',
      `  events: { when: "event.type ==" }\n${RUN}`,
      /^5:19 error \/spec\/events\/when .* — Correct the expression; it sees event, trigger/,
    ],
    [
      'when with an unknown name',
      `  events: { when: "evnt.type == 'a'" }\n${RUN}`,
      /^5:19 error \/spec\/events\/when .*evnt/,
    ],
    [
      'when written as a template',
      `  events: { when: "\${{ true }}" }\n${RUN}`,
      /^5:19 error \/spec\/events\/when is bare CEL, not a template — Leave out \$\{\{ and \}\}/,
    ],
    ['key', `${EVENTS}  key: "\${{ event. }}"\n${RUN}`, /^6:8 error \/spec\/key /],
    [
      'key that reads the key',
      `${EVENTS}  key: "\${{ key }}"\n${RUN}`,
      /^6:8 error \/spec\/key .* — Correct the expression; it sees event, trigger\./,
    ],
    [
      'key of a selector',
      `  events: { any: [{ when: "true", key: "\${{ ( }}" }] }\n${RUN}`,
      /^5:40 error \/spec\/events\/any\/0\/key /,
    ],
    [
      'collect',
      `${EVENTS}  collect: "\${{ items }}"\n  run: { target: train, params: { a: "\${{ items }}" } }\n`,
      /^6:12 error \/spec\/collect /,
    ],
    [
      'dedupe.by',
      `${EVENTS}  dedupe: { by: ["\${{ event.id }}", "\${{ run.id }}"] }\n${RUN}`,
      /^6:37 error \/spec\/dedupe\/by\/1 /,
    ],
    [
      'identity',
      `${EVENTS}  run: { target: train, identity: "\${{ items }}" }\n`,
      /^6:35 error \/spec\/run\/identity /,
    ],
    [
      'params',
      `${EVENTS}  run: { target: train, params: { a: { b: ["\${{ evnt.id }}"] } } }\n`,
      /^6:44 error \/spec\/run\/params\/a\/b\/0 /,
    ],
    [
      'a member of run',
      `${EVENTS}  run: { target: train, params: { a: "\${{ run.fireAt }}" } }\n`,
      /error \/spec\/run\/params run has no member "fireAt" — Did you mean "firedAt"\? run has id, firedAt, cause, eventCount/,
    ],
  ])('refuses a wrong %s', async (_name, spec, expected) => {
    expect(await told(spec)).toEqual([expect.stringMatching(expected)]);
  });

  it('passes on what the pattern warns about', async () => {
    const spec = `  events: { pattern: { subject: [{ prefix: daily/ }, { suffix: .parquet }] } }\n${RUN}`;
    expect(await told(spec)).toEqual([expect.stringMatching(/^5:\d+ warning \/spec\/events\/pattern\/subject/)]);
  });

  it.each([
    ['dedupe.by', `  dedupe: { by: "event.id" }\n${RUN}`, '/spec/dedupe/by'],
    ['identity', '  run: { target: train, identity: "event.id" }\n', '/spec/run/identity'],
  ])('refuses %s that is the same for every event', async (_name, spec, path) => {
    expect(await told(`${EVENTS}${spec}`)).toEqual([
      expect.stringContaining(
        `warning ${path} is plain text, no expression — Write "\${{ event.id }}" to evaluate it.`,
      ),
      expect.stringContaining(`error ${path} reads nothing of the event, so everything would count as the same`),
    ]);
  });

  it('warns about a key that looks like an expression', async () => {
    expect(await told(`${EVENTS}  key: event.data.model\n${RUN}`)).toEqual([
      '6:8 warning /spec/key is plain text, no expression — Write "${{ event.data.model }}" to evaluate it.',
    ]);
  });
});

describe('references', () => {
  it('refuses a target that is not defined, and names the one that was meant', async () => {
    expect(await told(`${EVENTS}  run: { target: trian }\n`)).toEqual([
      '6:18 error /spec/run/target Target "trian" is not defined — Did you mean "train"? Define kind: Target with this name.',
    ]);
  });

  it('does not call a target undefined because its own definition is wrong', async () => {
    const wrong = TARGET.replace('url', 'ulr');
    const findings = await findingsOf(`${trigger(`${EVENTS}${RUN}`)}${wrong}`);
    expect(findings.join('\n')).not.toContain('is not defined');
  });

  it('refuses a source that is not defined', async () => {
    expect(await told(`  events: { source: landng }\n${RUN}`)).toEqual([
      '5:21 error /spec/events/source Source "landng" is not defined — Define kind: Source with this name.',
    ]);
    expect(await told(`  events: { any: [{ source: event }] }\n${RUN}`)).toEqual([
      '5:29 error /spec/events/any/0/source Source "event" is not defined — Did you mean "events"? Define kind: Source with this name.',
    ]);
  });

  it('knows the source `events` without a definition, and lets nobody define it', async () => {
    expect(await told(`  events: { source: events }\n${RUN}`)).toEqual([]);
    const source = 'apiVersion: signalbox/v1\nkind: Source\nmetadata: { name: events }\nspec: { type: cloudevents }\n';
    expect(await findingsOf(source)).toEqual([
      '3:19 error /metadata/name "events" names what comes in at POST /events — Give the Source another name.',
    ]);
  });
});

describe('settings that do not go together', () => {
  const window = (freshness: string, debounce: string): string =>
    `${EVENTS}  freshness: { maxAge: 10s, ${freshness} }\n  debounce: { quiet: 30s, ${debounce} }\n${RUN}`;

  it.each([
    [
      'nothing could ever fire',
      window('at: fire', 'edge: trailing'),
      'error /spec/freshness/maxAge is shorter than debounce.quiet: every event is too old when its window fires',
    ],
    [
      'nothing could ever fire (both)',
      window('at: both', 'edge: trailing'),
      'error /spec/freshness/maxAge is shorter than debounce.quiet: every',
    ],
    [
      'the first is too old at maxWait too',
      window('at: fire', 'maxWait: 1m, keep: first'),
      'error /spec/freshness/maxAge is shorter than debounce.quiet: every',
    ],
    [
      'only maxWait can fire',
      window('at: fire', 'maxWait: 1m'),
      'warning /spec/freshness/maxAge is shorter than debounce.quiet: only a window that maxWait ends can fire',
    ],
    [
      'only the leading edge can fire',
      window('at: fire', 'edge: both'),
      'warning /spec/freshness/maxAge is shorter than debounce.quiet: only the leading edge can fire',
    ],
    [
      'held events grow too old',
      `${EVENTS}  freshness: { maxAge: 1m, at: fire }\n  cooldown: { period: 1h }\n${RUN}`,
      'warning /spec/freshness/maxAge is shorter than cooldown.period',
    ],
    [
      'a window longer than the memory',
      `${EVENTS}  dedupe: { window: 1m }\n  debounce: { quiet: 2m }\n${RUN}`,
      'warning /spec/dedupe/window is shorter than debounce.quiet',
    ],
    [
      'every event',
      `  events: {}\n${RUN}`,
      'warning /spec/events takes every event there is — Give it a pattern, a when or a source.',
    ],
    [
      'every event by one of many',
      `  events: { any: [{ source: events }, { key: a }] }\n${RUN}`,
      'warning /spec/events/any/1 takes every event there is',
    ],
    [
      'collected for nothing',
      `${EVENTS}  collect: "\${{ event.id }}"\n${RUN}`,
      'warning /spec/collect is kept for `items`, which nothing reads',
    ],
  ])('tells that %s', async (_name, spec, expected) => {
    expect(await told(spec)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['freshness on arrival', window('at: arrival', 'edge: trailing')],
    ['a leading edge', window('at: fire', 'edge: leading')],
    ['maxAge of exactly quiet', `${EVENTS}  freshness: { maxAge: 30s, at: fire }\n  debounce: { quiet: 30s }\n${RUN}`],
    [
      'a cooldown that drops',
      `${EVENTS}  freshness: { maxAge: 1m, at: fire }\n  cooldown: { period: 1h, onExcess: drop }\n${RUN}`,
    ],
  ])('says nothing about %s', async (_name, spec) => {
    expect(await told(spec)).toEqual([]);
  });

  it('refuses params too large to travel', async () => {
    const spec = `${EVENTS}  run: { target: train, params: { a: ${'x'.repeat(32_768)} } }\n`;
    expect(await told(spec)).toEqual([
      expect.stringContaining('error /spec/run/params has 32776 bytes as written, more than 32768'),
    ]);
  });
});
