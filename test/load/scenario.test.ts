import { describe, expect, it } from 'vitest';

import { formatFinding, loadDefinitions } from '../../src/load/load.ts';
import { loadScenarios } from '../../src/load/scenario.ts';
import { directoryWith, TARGET, trigger } from './directory.ts';

const DEFINITIONS = `${trigger('  events: { pattern: { type: [a] } }\n  run: { target: train }')}${TARGET}`;

/** A Scenario document with this spec, its YAML indented by two; the spec begins at line 5. */
function scenario(spec: string, name = 'burst'): string {
  return ['apiVersion: signalbox/v1', 'kind: Scenario', `metadata: { name: ${name} }`, 'spec:', spec, ''].join('\n');
}

async function loaded(spec: string, files: { readonly [path: string]: string } = {}) {
  const directory = await directoryWith({ 'a.yaml': DEFINITIONS, 'tests/s.yaml': scenario(spec), ...files });
  const definitions = await loadDefinitions(directory, { now: () => 1_000 });
  if (!definitions.ok) throw new Error(definitions.findings.map(formatFinding).join('\n'));
  const { scenarios, findings } = await loadScenarios(definitions.scenarios, definitions.definitions);
  const told = [...definitions.warnings, ...findings].map((it) => formatFinding(it).slice(directory.length + 1));
  return { scenarios, findings: told };
}

/** The events of the one scenario, as moment and the named attributes. */
async function eventsOf(events: string, files: { readonly [path: string]: string } = {}) {
  const { scenarios, findings } = await loaded(`  trigger: retrain\n  events: ${events}\n  expect: {}`, files);
  expect(findings).toEqual([]);
  return scenarios[0]?.events.map(({ atMs, event }) => ({ atMs, ...event })) ?? [];
}

const told = async (events: string, files = {}) =>
  (await loaded(`  trigger: retrain\n  events: ${events}\n  expect: {}`, files)).findings;

describe('the events of a scenario', () => {
  it('get what they leave out, from a Monday on', async () => {
    expect(await eventsOf('[{ at: 90s, event: { type: a } }]')).toEqual([
      {
        atMs: 90_000,
        specversion: '1.0',
        id: 'burst-1',
        source: '/scenario',
        time: '2026-01-05T00:01:30.000Z',
        type: 'a',
      },
    ]);
  });

  it('keep what they say', async () => {
    const event = '{ type: a, id: mine, source: /s, time: "2026-09-01T00:00:00Z", data: { n: 1 } }';
    expect(await eventsOf(`[{ at: 0s, event: ${event} }]`)).toMatchObject([
      { id: 'mine', source: '/s', time: '2026-09-01T00:00:00Z', data: { n: 1 } },
    ]);
  });

  it('come from files beside the scenario, one or a list of them', async () => {
    const files = { 'tests/one.json': '{"type":"a","id":"x"}', 'tests/two.json': '[{"type":"a"},{"type":"b"}]' };
    const events = await eventsOf('[{ at: 0s, file: one.json }, { at: 1s, file: ./two.json }]', files);
    expect(events.map(({ atMs, id, type }) => [atMs, id, type])).toEqual([
      [0, 'x', 'a'],
      [1_000, 'burst-2.1', 'a'],
      [1_000, 'burst-2.2', 'b'],
    ]);
  });

  it('are repeated with new ids', async () => {
    const events = await eventsOf('[{ at: 1s, event: { type: a, id: e }, repeat: { count: 3, every: 2s } }]');
    expect(events.map(({ atMs, id, time }) => [atMs, id, time])).toEqual([
      [1_000, 'e', '2026-01-05T00:00:01.000Z'],
      [3_000, 'e-2', '2026-01-05T00:00:03.000Z'],
      [5_000, 'e-3', '2026-01-05T00:00:05.000Z'],
    ]);
  });

  it.each([
    ['beside repeat', '{ at: 0s, event: { type: a }, repeat: { count: 2, every: 1s }, sameId: true }'],
    ['in it', '{ at: 0s, event: { type: a }, repeat: { count: 2, every: 1s, sameId: true } }'],
  ])('are repeated with the same id by sameId %s', async (_, entry) => {
    expect((await eventsOf(`[${entry}]`)).map(({ id }) => id)).toEqual(['burst-1', 'burst-1']);
  });

  it('count by their moments, whatever their order; those of one moment as they stand', async () => {
    const entries = '{ at: 5s, event: { type: a } }, { at: 0s, event: { type: b } }, { at: 5s, event: { type: c } }';
    expect((await eventsOf(`[${entries}]`)).map(({ type }) => type)).toEqual(['b', 'a', 'c']);
  });

  it('begin when startAt says', async () => {
    const spec =
      '  trigger: retrain\n  startAt: "2026-03-29T01:00:00+01:00"\n  events: [{ at: 0s, event: { type: a } }]\n  expect: {}';
    expect((await loaded(spec)).scenarios[0]?.events[0]?.event.time).toBe('2026-03-29T00:00:00.000Z');
  });
});

describe('what is wrong with a scenario', () => {
  it('is a trigger that is not there', async () => {
    const { findings, scenarios } = await loaded('  trigger: retrian\n  expect: {}');
    expect(scenarios).toEqual([]);
    expect(findings).toEqual([
      'tests/s.yaml:5:12 error /spec/trigger Trigger "retrian" is not defined — ' +
        'Did you mean "retrain"? Define kind: Trigger with this name.',
    ]);
  });

  it('is a payload that is missing, broken, or no event', async () => {
    const files = { 'tests/broken.json': '{"type":', 'tests/number.json': '[1]', 'tests/untyped.json': '{"data":1}' };
    const names = ['nowhere', 'broken', 'number', 'untyped'];
    const findings = await told(`[${names.map((name) => `{ at: 0s, file: ${name}.json }`).join(', ')}]`, files);
    expect(findings).toEqual([
      expect.stringMatching(
        /^tests\/s\.yaml:6:\d+ error \/spec\/events\/0\/file cannot be read: there is no such file/,
      ),
      expect.stringMatching(/\/spec\/events\/1\/file is not usable JSON: /),
      expect.stringMatching(/\/spec\/events\/2\/file holds what is no event — Put one CloudEvent/),
      expect.stringMatching(
        /\/spec\/events\/3\/file is not a CloudEvent 1\.0: type is missing\. — Correct the event in/,
      ),
    ]);
  });

  it('is an event that would be refused, at the attribute', async () => {
    expect(await told('[{ at: 0s, event: { type: a, time: yesterday } }]')).toEqual([
      expect.stringMatching(/:6:\d+ error \/spec\/events\/0\/event\/time .*time must be an RFC 3339 date and time/),
    ]);
  });

  it('is told once for an event that is repeated', async () => {
    expect(await told('[{ at: 0s, event: { id: e }, repeat: { count: 9, every: 1s } }]')).toHaveLength(1);
  });

  it('is an event both written out and in a file, or neither', async () => {
    expect(await told('[{ at: 0s, file: a.json, event: { type: a } }]')).toEqual([
      expect.stringContaining('"event" and "file" exclude each other'),
    ]);
    expect(await told('[{ at: 0s }]')).toEqual([expect.stringContaining('needs one of "file", "event"')]);
  });

  it('is what comes after the end', async () => {
    const spec = (entries: string) => `  trigger: retrain\n  until: 1h\n  expect: {}\n  ${entries}`;
    const { findings } = await loaded(spec('actions: [{ at: 2h, pause: {} }]'));
    expect(findings).toEqual([expect.stringContaining('/spec/actions/0/at comes after the end of the scenario')]);
    const repeated = 'events: [{ at: 0s, event: { type: a }, repeat: { count: 8, every: 10m } }]';
    expect((await loaded(spec(repeated))).findings).toEqual([expect.stringContaining('/spec/events/0/at comes after')]);
  });

  it('is sameId where nothing is repeated, and more events than memory should hold', async () => {
    expect(await told('[{ at: 0s, event: { type: a }, sameId: true }]')).toEqual([
      expect.stringContaining('/spec/events/0/sameId repeats nothing'),
    ]);
    const many = '{ at: 0s, event: { type: a }, repeat: { count: 60000, every: 0s } }';
    expect(await told(`[${many}, ${many}]`)).toEqual([expect.stringContaining('has 120000 events, more than 100000')]);
    const listed = '{ at: 0s, file: three.json, repeat: { count: 40000, every: 0s } }';
    const three = JSON.stringify([{ type: 'a' }, { type: 'b' }, { type: 'c' }]);
    expect(await told(`[${listed}]`, { 'tests/three.json': three })).toEqual([
      expect.stringContaining('has 120000 events, more than 100000'),
    ]);
  });

  it('is an unknown action, with those there are', async () => {
    const { findings } = await loaded('  trigger: retrain\n  expect: {}\n  actions: [{ at: 0s, pasue: {} }]');
    expect(findings).toEqual([expect.stringContaining('unknown field "pasue" — Did you mean "pause"?')]);
  });

  it('is a name that another scenario has', async () => {
    const twice = { 'tests/t.yaml': scenario('  trigger: retrain\n  expect: {}') };
    const { findings } = await loaded('  trigger: retrain\n  expect: {}', twice);
    expect(findings).toEqual([expect.stringContaining('Scenario "burst" is defined already at')]);
  });
});

describe('definitions beside a broken scenario', () => {
  it('are live all the same, and the finding is told', async () => {
    const directory = await directoryWith({ 'a.yaml': DEFINITIONS, 's.yaml': scenario('  expect: {}') });
    const result = await loadDefinitions(directory, { now: () => 1_000 });
    expect(result).toMatchObject({ ok: true, scenarios: [], warnings: [{ severity: 'error', path: '/spec/trigger' }] });
  });

  it('have the fingerprint they have without it', async () => {
    const alone = await directoryWith({ 'a.yaml': DEFINITIONS });
    const beside = await directoryWith({
      'a.yaml': DEFINITIONS,
      's.yaml': scenario('  trigger: retrain\n  expect: {}'),
    });
    const [one, other] = await Promise.all([alone, beside].map((it) => loadDefinitions(it, { now: () => 1_000 })));
    expect(one?.ok && one.definitions.fingerprint).toBe(other?.ok && other.definitions.fingerprint);
  });
});
