import { describe, expect, it } from 'vitest';

import { findingsOf, loadText, TARGET, trigger } from './directory.ts';
import { loadedWith, toldOf } from './given.ts';

/** A trigger of one type whose runs emit another. */
const link = (name: string, takes: string, emits: string, more = '') =>
  trigger(
    `  events: { pattern: { type: [${takes}]${more} } }\n  emit: { succeeded: { type: ${emits} } }\n  run: { target: train }`,
    name,
  );
const together = (...documents: readonly string[]) => `${documents.join('---\n')}${TARGET}`;

describe('emit', () => {
  it('goes with the settings of a run, and keeps what its templates read of the event', async () => {
    const loaded = await loadedWith([
      'emit: { succeeded: { type: model.trained, subject: "${{ key }}", data: { auc: "${{ result.auc }}", of: "${{ event.data.run }}" } }, held: { type: needs.you, to: train } }',
    ]);
    expect(loaded.definition.run.emit).toEqual([
      {
        name: 'succeeded',
        type: 'model.trained',
        subject: '${{ key }}',
        data: { auc: '${{ result.auc }}', of: '${{ event.data.run }}' },
      },
      { name: 'held', type: 'needs.you', to: 'train' },
    ]);
    expect(loaded.reads).toEqual([['data', 'run']]);
  });

  it.each([
    ['{ succeeded: { type: x, data: "${{ version }}" } }', 'version'],
    ['{ ended: { type: x } }', 'ended'],
    ['{ succeeded: { subject: x } }', 'type'],
    ['{ failed: { type: x, to: slack } }', 'Target "slack" is not defined'],
    ['{}', 'names nothing to emit'],
  ])('of %s is refused', async (emit, what) => {
    expect((await toldOf([`emit: ${emit}`])).join()).toContain(what);
  });

  it('may be taken by its source name, which no Source may have', async () => {
    expect(await toldOf(['events: { source: signalbox, pattern: { type: [a] } }'])).toEqual([]);
    const source =
      'apiVersion: signalbox/v1\nkind: Source\nmetadata: { name: signalbox }\nspec: { type: cloudevents }\n';
    expect((await findingsOf(source)).join()).toContain('"signalbox" names what runs emit');
  });

  it('that nobody takes is fine', async () => {
    expect((await loadText(together(link('a', 't.a', 't.b')))).ok).toBe(true);
    expect(await findingsOf(together(link('a', 't.a', 't.b'), link('b', 't.b', 't.c')))).toEqual([]);
  });
});

describe('triggers that start each other', () => {
  it('are refused with the way they go', async () => {
    const [told, ...more] = await findingsOf(
      together(link('a', 't.a', 't.b'), link('b', 't.b', 't.c'), link('c', 't.c', 't.a')),
    );
    expect(told).toContain('error /spec/emit/succeeded/type goes round for ever: a → b → c → a');
    expect(more).toEqual([]);
  });

  it('are found where one starts itself, through any pattern of its type and source', async () => {
    const itself = link('a', '{ prefix: t. }', 't.x', ', source: [{ prefix: /signalbox/ }]');
    expect((await findingsOf(together(itself))).join()).toContain('goes round for ever: a → a');
    const others = link('a', '{ prefix: t. }', 't.x', ', source: [/elsewhere]');
    expect(await findingsOf(together(others))).toEqual([]);
  });

  it('are warned of where a condition on the event may end it', async () => {
    const [told] = await findingsOf(together(link('a', 't.a', 't.a', ', data: { attempt: [1] }')));
    expect(told).toContain('warning /spec/emit/succeeded/type may go round for ever: a → a');
  });

  it('are not found where an expression makes the type, or what comes in from elsewhere is asked for', async () => {
    expect(await findingsOf(together(link('a', 't.a', '"t.${{ key }}"')))).toEqual([]);
    const elsewhere = '  events: { source: events, pattern: { type: [t] } }\n  emit: { held: { type: t } }\n';
    expect(await findingsOf(together(trigger(`${elsewhere}  run: { target: train }`)))).toEqual([]);
  });

  it('are all found: two circles that share a trigger', async () => {
    const both = trigger(
      '  events: { pattern: { type: [t.a] } }\n  emit: { succeeded: { type: t.b }, failed: { type: t.c } }\n  run: { target: train }',
      'a',
    );
    const told = await findingsOf(together(both, link('b', 't.b', 't.a'), link('c', 't.c', 't.a')));
    expect(told).toEqual([expect.stringContaining('a → b → a'), expect.stringContaining('a → c → a')]);
  });
});
