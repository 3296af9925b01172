import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bodyHashOf, dedupeHashOf, eventIdOf } from '../../src/accept/event-id.ts';
import type { CloudEvent } from '../../src/spec/event.ts';

const event: CloudEvent = { specversion: '1.0', id: '1', source: '/s', type: 't', data: { a: 1, b: [2, null] } };

describe('the id of an event', () => {
  it('is evt_ and 22 characters that fit any URL, equal for equal source and id only', () => {
    expect(eventIdOf(event)).toMatch(/^evt_[A-Za-z0-9_-]{22}$/);
    expect(eventIdOf({ ...event })).toBe(eventIdOf(event));
    expect(eventIdOf({ ...event, id: '2' })).not.toBe(eventIdOf(event));
    expect(eventIdOf({ ...event, source: '/s2' })).not.toBe(eventIdOf(event));
  });

  it('does not move text between source and id', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        const moved = { source: `${a}${b.slice(0, 1)}`, id: b.slice(1) };
        return eventIdOf({ source: a, id: b }) !== eventIdOf(moved) || a.includes('\0') || b.includes('\0');
      }),
    );
  });
});

describe('the hash of a body', () => {
  it('is the same whatever the order of members, extensions, time and the way it came', () => {
    const same: CloudEvent = { ...event, time: '2026-01-01T00:00:00Z', traceid: 'x', data: { b: [2, null], a: 1 } };
    expect(bodyHashOf(same)).toBe(bodyHashOf(event));
    expect(bodyHashOf(event)).toMatch(/^[A-Za-z0-9_-]{12}$/);
  });

  it.each<Partial<CloudEvent>>([
    { type: 'u' },
    { subject: 's' },
    { datacontenttype: 'application/json' },
    { data: { a: 2, b: [2, null] } },
    { data: { a: 1, b: [null, 2] } },
    { data: { a: '1', b: [2, null] } },
    { data_base64: 'AA==' },
  ])('differs with %j', (change) => {
    expect(bodyHashOf({ ...event, ...change })).not.toBe(bodyHashOf(event));
  });
});

describe('the hash of dedupe.by', () => {
  it('tells values of different types and places apart', () => {
    const lists = [['1'], [1], ['1', ''], ['', '1'], [['1']], [null], [true], ['true'], [{ a: 1, b: 2 }]];
    expect(new Set(lists.map((values) => dedupeHashOf(values))).size).toBe(lists.length);
    expect(dedupeHashOf([{ b: 2, a: 1 }])).toBe(dedupeHashOf([{ a: 1, b: 2 }]));
  });
});
