import { describe, expect, it } from 'vitest';

import { eventJson } from '../../src/accept/lineage.ts';
import { type Offered, offerOf } from '../../src/accept/offer.ts';
import type { LoadedTrigger } from '../../src/load/load.ts';
import type { Json } from '../../src/spec/json.ts';
import { incoming, triggerOf } from './given.ts';

function offered(trigger: LoadedTrigger, data: Json, more: { readonly [attribute: string]: string } = {}): Offered {
  const event = incoming(data, more);
  return offerOf(trigger, event, 'evt_0123456789abcdefghijkl', eventJson(event));
}

describe('the place of an event in its order', () => {
  it.each<Json>([7, -0.5, '', '2026-11-21', 'ü'.repeat(100)])('is a number or text: %j', async (value) => {
    const trigger = await triggerOf('events: {}', 'order: { by: "${{ event.data }}" }');
    expect(offered(trigger, value)).toMatchObject({ kind: 'offer', offer: { order: value } });
  });

  it.each<[string, Json]>([
    ['a list', [1]],
    ['null', null],
    ['true', true],
    ['more than 200 bytes', 'ü'.repeat(101)],
  ])('is a mapping error where it is %s', async (_what, value) => {
    const trigger = await triggerOf('events: {}', 'order: { by: "${{ event.data }}" }');
    expect(offered(trigger, value)).toMatchObject({ kind: 'failed', code: 'mapping_error', pointer: '/order/by' });
  });

  it('is a mapping error where its expression fails', async () => {
    const trigger = await triggerOf('events: {}', 'order: { by: "${{ event.data.n }}" }');
    expect(offered(trigger, {})).toMatchObject({ kind: 'failed', code: 'mapping_error', pointer: '/order/by' });
  });
});

describe('the amount of an event', () => {
  it.each([100, 0, -2.5])('is a number: %j', async (rows) => {
    const trigger = await triggerOf(
      'events: {}',
      'threshold: { atLeast: 5, within: 1h, of: "${{ event.data.rows }}" }',
    );
    expect(offered(trigger, { rows })).toMatchObject({ kind: 'offer', offer: { amount: rows } });
  });

  it.each<Json>([{ rows: '100' }, { rows: null }, {}])('is a mapping error where it is none: %j', async (data) => {
    const trigger = await triggerOf(
      'events: {}',
      'threshold: { atLeast: 5, within: 1h, of: "${{ event.data.rows }}" }',
    );
    expect(offered(trigger, data)).toMatchObject({ kind: 'failed', code: 'mapping_error', pointer: '/threshold/of' });
  });

  it('is not there where the threshold counts events', async () => {
    const trigger = await triggerOf('events: {}', 'threshold: { atLeast: 5, within: 1h }');
    expect(offered(trigger, {})).not.toHaveProperty('offer.amount');
  });
});

describe('the size of an event', () => {
  it('is its length as JSON in bytes, where a batch counts them', async () => {
    const trigger = await triggerOf('events: {}', 'batch: { maxBytes: 1mb }');
    const { event } = incoming('ü');
    expect(offered(trigger, 'ü')).toMatchObject({ offer: { size: Buffer.byteLength(JSON.stringify(event)) } });
    const counting = await triggerOf('events: {}', 'batch: { maxEvents: 5 }');
    expect(offered(counting, 'ü')).not.toHaveProperty('offer.size');
  });
});

describe('the part of an event', () => {
  const all = (labels: string): string =>
    `events: { all: { features: { when: "event.data.n > 10", key: f }, labels: { ${labels} } }, within: 1h }`;

  it('is the first, as they are written, that takes it', async () => {
    const trigger = await triggerOf(all('when: "event.data.n > 1", key: l'));
    expect(offered(trigger, { n: 11 })).toMatchObject({ offer: { part: 'features', key: 'f' } });
    expect(offered(trigger, { n: 5 })).toMatchObject({ offer: { part: 'labels', key: 'l' } });
    expect(offered(trigger, { n: 0 })).toEqual({ kind: 'noMatch' });
  });

  it('is named where its expressions fail', async () => {
    const trigger = await triggerOf(all('pattern: { type: [t] }, key: "${{ event.data.model }}"'));
    expect(offered(trigger, { n: 1 })).toMatchObject({ code: 'mapping_error', pointer: '/events/all/labels/key' });
    expect(offered(trigger, {})).toMatchObject({ code: 'filter_error', pointer: '/events/all/features/when' });
  });

  it('is told from a missing one even where nothing in it is read', async () => {
    const run = (params: string): string => `run: { target: train, params: { ${params} } }`;
    const reading = await triggerOf(all('key: l'), run('a: "${{ parts.features.data.rows }}"'));
    expect(offered(reading, { n: 1 })).toMatchObject({ offer: { part: 'labels', event: { data: {} } } });
    expect(offered(reading, 'none')).toMatchObject({ kind: 'failed' });
    const lean = await triggerOf(all('key: l'), run('a: "${{ key }}"'));
    expect(offered(lean, { n: 1 })).not.toHaveProperty('offer.event');
  });
});
