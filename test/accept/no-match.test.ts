import { describe, expect, it } from 'vitest';

import { NEAREST_MAX, nearestTriggers, whyNot } from '../../src/accept/no-match.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { definitionsOf, triggerOf } from './given.ts';

const event = (data: JsonObject, more: JsonObject = {}) => ({
  source: 'events',
  json: { specversion: '1.0', id: '1', source: '/s', type: 'com.acme.file.created', ...more, data },
});

describe('an event that a trigger does not take', () => {
  it('is told the first clause it does not fit, with its place and the values compared', async () => {
    const trigger = await triggerOf(
      'events: { pattern: { type: [com.acme.file.created], data: { object: { size: [{ numeric: [">", 1048576] }] } } } }',
    );
    expect(whyNot(trigger, event({ object: { size: 419_430 } }))).toEqual({
      trigger: 'retrain',
      generation: trigger.generation,
      clause: 'pattern',
      pointer: '/events/pattern/data/object/size',
      sentence: 'data.object.size 419430 is not > 1048576.',
      clauses: 2,
      held: 1,
      type: 'fits',
    });
    expect(whyNot(trigger, event({ object: { size: 2_000_000 } }))).toBeUndefined();
  });

  it('is told about its attributes before its data', async () => {
    const trigger = await triggerOf('events: { pattern: { data: { a: [1] }, type: [other] } }');
    expect(whyNot(trigger, event({ a: 2 }))).toMatchObject({ pointer: '/events/pattern/type', held: 0, type: 'other' });
  });

  it('is told which Source the trigger takes', async () => {
    const trigger = await triggerOf('events: { source: events, pattern: { type: [com.acme.file.created] } }');
    expect(whyNot(trigger, { ...event({}), source: 'landing' })).toMatchObject({
      clause: 'source',
      pointer: '/events/source',
      sentence: 'It came in through landing, the trigger takes what comes through events.',
    });
  });

  it('is told which part of a condition is false, and what that part read', async () => {
    const trigger = await triggerOf(
      'events: { pattern: { type: [com.acme.file.created] }, when: "event.data.ok && event.data.size < 5e9" }',
    );
    expect(whyNot(trigger, event({ ok: true, size: 6e9 }))).toMatchObject({
      clause: 'when',
      pointer: '/events/when',
      sentence: 'event.data.size < 5e9 is false: event.data.size is 6000000000.',
      clauses: 2,
      held: 1,
    });
  });

  it('is told about the selector that comes closest', async () => {
    const trigger = await triggerOf(
      'events: { any: [{ pattern: { type: [other] } }, { pattern: { type: [com.acme.file.created], subject: [a] } }] }',
    );
    expect(whyNot(trigger, event({}, { subject: 'b' }))).toMatchObject({ pointer: '/events/any/1/pattern/subject' });
  });

  it('is no quiet no where the condition fails: that is a dead letter', async () => {
    const trigger = await triggerOf('events: { when: "event.data.missing > 1" }');
    expect(whyNot(trigger, event({}))).toBeUndefined();
  });
});

const PATTERNS = [
  ['same-type', '{ type: [com.acme.file.created], data: { a: [1] } }'],
  ['near-type', '{ type: [com.acme.file.deleted] }'],
  ['other-case', '{ type: [Com.Acme.File.Created] }'],
  ['same-subject', '{ type: [org.example], subject: [s] }'],
  ['nothing-in-common', '{ type: [org.example], subject: [z] }'],
  ['no-type', '{ data: { b: [1], c: [1] } }'],
  ['half-of-it', '{ type: [com.acme.file.created], data: { a: [1], b: [1] } }'],
] as const;

describe('the triggers nearest to an event nobody took', () => {
  it('are those that want its type, then its near types, then those it shares most clauses with', async () => {
    const text = PATTERNS.map(
      ([name, pattern]) =>
        `---\napiVersion: signalbox/v1\nkind: Trigger\nmetadata: { name: ${name} }\nspec: { events: { pattern: ${pattern} }, run: { target: t } }\n`,
    ).join('');
    const target =
      '---\napiVersion: signalbox/v1\nkind: Target\nmetadata: { name: t }\nspec: { http: { url: "https://t.example" } }\n';
    const { triggers } = await definitionsOf(`${text}${target}`);
    const near = nearestTriggers(triggers.values(), event({ b: 1 }, { subject: 's' }));
    expect(near).toHaveLength(NEAREST_MAX);
    expect(near.map(({ trigger }) => trigger)).toEqual([
      'half-of-it',
      'same-type',
      'near-type',
      'other-case',
      'no-type',
    ]);
  });
});
