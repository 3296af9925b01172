import { describe, expect, it } from 'vitest';

import { isDefinition } from '../../src/contract/read-definition.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { loadedWith } from '../load/given.ts';

/** A definition with every setting; debounce and batch exclude each other. */
async function definitions(): Promise<Definition[]> {
  const shared = [
    'events: { all: { features: { pattern: { type: [f] } }, labels: { pattern: { type: [l] } } }, within: 30m }',
    'key: "${{ event.data.model }}"',
    'freshness: { maxAge: 1d }',
    'order: { by: "${{ event.data.n }}", holdFor: 5s }',
    'threshold: { atLeast: 3, within: 1h }',
    'hours: { allow: ["Mon-Fri 08:00-20:00"], timeZone: Europe/Berlin, freeze: ["2026-12-24"] }',
    'cooldown: { period: 1h }',
    'rate: { limit: 3, per: 24h }',
    'concurrency: {}',
    'breaker: { failures: 3, within: 1h, openFor: 15m }',
    'fallback: { unless: { fired: 24h }, scope: key, keys: [eu], at: { cron: "0 9 1 * 1", timeZone: Europe/Berlin } }',
    'approval: { when: "true", notify: [{ target: train }] }',
  ];
  const windows = ['debounce: { quiet: 30s, maxWait: 10m }', 'batch: { maxEvents: 50, maxBytes: 1mb, maxWait: 5m }'];
  return Promise.all(windows.map(async (window) => (await loadedWith([...shared, window])).definition));
}

/** The value with one number after the other replaced by text. */
function* broken(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield 'x';
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const it of broken(item)) yield value.with(index, it);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) for (const it of broken(member)) yield { ...value, [name]: it };
  }
}

describe('a definition in a signal', () => {
  it('is taken as it was loaded, whatever it sets', async () => {
    for (const definition of await definitions()) {
      const batch: unknown = JSON.parse(JSON.stringify({ version: 1, offers: [], reports: [], definition }));
      expect(readBatch(batch)).toMatchObject({ definition, refused: [] });
    }
  });

  it('is refused where any of its numbers is none', async () => {
    for (const definition of await definitions()) {
      const all = [...broken(definition)];
      expect(all.length).toBeGreaterThan(60);
      for (const one of all) expect(isDefinition(one), JSON.stringify(one)).toBe(false);
    }
  });

  it('is refused where a list or an object is missing', async () => {
    for (const definition of await definitions()) {
      for (const [name, settings] of Object.entries(definition)) {
        if (typeof settings === 'object') expect(isDefinition({ ...definition, [name]: null }), name).toBe(false);
      }
    }
  });
});

describe('an offer in a signal', () => {
  const offer = { eventId: 'evt_1', body: 'b', receivedAt: 1, key: 'k' };
  const refusedOf = (more: object): readonly string[] =>
    readBatch({ version: 1, offers: [{ ...offer, ...more }], reports: [] }).refused;

  it.each([{}, { order: 7, amount: -1.5, size: 10, part: 'labels' }, { order: 'a' }])('is taken: %j', (more) => {
    expect(refusedOf(more)).toEqual([]);
  });

  it.each([{ order: [1] }, { order: Number.NaN }, { amount: '1' }, { size: -1 }, { part: 7 }])(
    'is refused: %j',
    (more) => {
      expect(refusedOf(more)).toEqual(['1 of 1 offers']);
    },
  );
});
