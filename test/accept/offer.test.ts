import { describe, expect, it } from 'vitest';

import { eventJson } from '../../src/accept/lineage.ts';
import { type Offered, offerOf } from '../../src/accept/offer.ts';
import type { LoadedTrigger } from '../../src/load/load.ts';
import type { Json } from '../../src/spec/json.ts';
import { incoming, triggerOf } from './given.ts';

const ID = 'evt_0123456789abcdefghijkl';

function offered(trigger: LoadedTrigger, data: Json, more: { readonly [attribute: string]: string } = {}): Offered {
  const event = incoming(data, more);
  return offerOf(trigger, event, ID, eventJson(event));
}

describe('an offer', () => {
  it('carries what the trigger makes of the event, and only the parts of it that the run reads', async () => {
    const trigger = await triggerOf(
      'events: { pattern: { type: [t] } }',
      'key: "${{ event.data.bucket }}"',
      'collect: "${{ event.data.file }}"',
      'dedupe: { by: ["${{ event.data.bucket }}", "${{ event.data.file }}"] }',
      'run: { target: train, params: { size: "${{ event.data.size }}" }, identity: "${{ event.data.file }}" }',
    );
    const data = { bucket: 'b', file: 'f', size: 7, secret: 'not for the run' };
    const came = offered(trigger, data, { time: '2026-01-01T00:00:00Z', traceparent: '00-x' });
    expect(came).toEqual({
      kind: 'offer',
      offer: {
        eventId: ID,
        body: expect.stringMatching(/^.{12}$/),
        receivedAt: 5_000,
        time: Date.parse('2026-01-01T00:00:00Z'),
        key: 'b',
        by: expect.stringMatching(/^.{12}$/),
        item: 'f',
        event: { data: { size: 7 } },
        identity: 'f',
      },
    });
  });

  it('has the key default where the trigger names none, and the whole event where the run reads items without collect', async () => {
    const trigger = await triggerOf('events: {}', 'run: { target: train, params: { all: "${{ items }}" } }');
    expect(offered(trigger, { a: 1 })).toMatchObject({
      offer: { key: 'default', whole: true, event: { type: 't', data: { a: 1 } } },
    });
  });

  it.each<[Json, string]>([
    ['text', 'text'],
    [7, '7'],
    [false, 'false'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['__proto__', '__proto__'],
  ])('has a key of text: %j', async (value, key) => {
    const trigger = await triggerOf('events: {}', 'key: "${{ event.data }}"');
    expect(offered(trigger, value)).toMatchObject({ kind: 'offer', offer: { key } });
  });

  it.each<[string, Json]>([
    ['empty', ''],
    ['longer than 200 bytes', 'x'.repeat(201)],
    ['longer than 200 bytes of UTF-8', 'ж'.repeat(101)],
    ['null', null],
    ['a list', ['a']],
    ['an object', { a: 1 }],
  ])('is none when the key is %s', async (_what, value) => {
    const trigger = await triggerOf('events: {}', 'key: "${{ event.data }}"');
    expect(offered(trigger, value)).toMatchObject({ kind: 'failed', code: 'mapping_error', pointer: '/key' });
  });
});

describe('an expression that fails on an event', () => {
  const broken = '${{ event.data.missing }}';

  it.each([
    ['when', 'filter_error', '/events/when', ['events: { when: "event.data.missing > 1" }']],
    ['a when that is no boolean', 'filter_error', '/events/when', ['events: { when: "event.data.n" }']],
    ['key', 'mapping_error', '/key', ['events: {}', `key: "${broken}"`]],
    ['collect', 'mapping_error', '/collect', ['events: {}', `collect: "${broken}"`]],
    ['dedupe', 'mapping_error', '/dedupe/by/1', ['events: {}', `dedupe: { by: ["\${{ event.id }}", "${broken}"] }`]],
    ['identity', 'mapping_error', '/run/identity', ['events: {}', `run: { target: train, identity: "${broken}" }`]],
    ['the key of a selector', 'mapping_error', '/events/key', [`events: { key: "${broken}" }`]],
    [
      'the collect of one of several selectors',
      'mapping_error',
      '/events/any/1/collect',
      [`events: { any: [{ pattern: { type: [no] } }, { collect: "${broken}" }] }`],
    ],
    [
      'the when of one of several selectors',
      'filter_error',
      '/events/any/1/when',
      ['events: { any: [{ pattern: { type: [no] } }, { when: "event.data.missing" }] }'],
    ],
  ])('is told with its place: %s', async (_what, code, pointer, spec) => {
    const failed = offered(await triggerOf(...spec), { n: 3 });
    expect(failed).toMatchObject({ kind: 'failed', code, pointer });
    expect(failed.kind === 'failed' && failed.detail).toContain('event.data.');
  });

  it('is a plain no only where the pattern already says no', async () => {
    const trigger = await triggerOf('events: { pattern: { type: [other] }, when: "event.data.missing" }');
    expect(offered(trigger, {})).toEqual({ kind: 'noMatch' });
  });
});

describe('selectors', () => {
  it('are tried in order: the first that takes the event gives key and collect', async () => {
    const two = await triggerOf(
      'events: { any: [{ when: "event.data.n > 10", key: "${{ \'big\' + event.id }}" }, { when: "event.data.n > 1" }] }',
      'key: "${{ event.data.n }}"',
    );
    expect(offered(two, { n: 11 })).toMatchObject({ offer: { key: 'big1' } });
    expect(offered(two, { n: 5 })).toMatchObject({ offer: { key: '5' } });
    expect(offered(two, { n: 0 })).toEqual({ kind: 'noMatch' });
  });

  it('take events of the source they name only', async () => {
    const trigger = await triggerOf('events: { source: events }');
    const event = incoming({});
    expect(offerOf(trigger, event, ID, eventJson(event)).kind).toBe('offer');
    expect(offerOf(trigger, { ...event, source: 'landing' }, ID, eventJson(event)).kind).toBe('noMatch');
  });
});
