import { describe, expect, it } from 'vitest';

import { type Delivery, Verdicts } from '../../src/core/verdicts.ts';
import { given, HOUR, idOf, type Moment, offer, quiet, SECOND, started, tick } from './given.ts';

/** Asks for a verdict on each delivery that names a caller, over the facts of the moments. */
function askAfter(settings: Parameters<typeof given>[0], ...moments: readonly (readonly [Moment, string?])[]) {
  const verdicts = new Verdicts();
  let now = given(settings);
  for (const [moment, wait] of moments) {
    const { input } = moment;
    const delivery: Delivery | undefined =
      typeof input === 'object' && input.kind === 'offer'
        ? { ...input.offer, ...(wait !== undefined && { wait }) }
        : undefined;
    if (delivery) verdicts.expect(delivery);
    const outcome = now.when(moment);
    for (const fact of outcome.facts) verdicts.observe(fact, delivery);
    now = outcome.afterContinueAsNew();
  }
  return verdicts;
}

const runIdAt = (...moments: readonly Moment[]) => given().when(...moments).runs[0]?.runId ?? '';

describe('a caller that waits for the verdict on its event', () => {
  it('hears of the run once its start is confirmed', () => {
    const runId = runIdAt(offer(0, 'a'));
    const before = askAfter({}, [offer(0, 'a'), 'caller']);
    expect(before.ask(['caller'])).toEqual({ verdicts: [{ kind: 'pending' }], complete: false });
    const after = askAfter({}, [offer(0, 'a'), 'caller'], [started(1, runId)]);
    expect(after.ask(['caller'])).toEqual({ verdicts: [{ kind: 'started', runId, cause: 'events' }], complete: true });
  });

  it('hears why there is none', () => {
    const settings = { freshness: { maxAgeMs: SECOND, at: 'arrival' } } as const;
    const [verdict] = askAfter(settings, [offer(HOUR, 'a', { time: 0 }), 'caller']).ask(['caller']).verdicts;
    expect(verdict).toMatchObject({ kind: 'suppressed', stage: 'freshness', reason: { kind: 'tooOld' } });
  });

  it('hears of a dead letter that its event became later, with every other caller of it', () => {
    const settings = { order: { onLate: 'deadLetter', holdForMs: 0 } } as const;
    const late = askAfter(settings, [offer(0, 'a', { order: 2 })], [offer(1, 'b', { order: 1 }), 'caller']);
    expect(late.ask(['caller']).verdicts).toEqual([{ kind: 'deadLettered', code: 'event_late' }]);
  });

  it('hears of its own delivery where the first one goes on waiting', () => {
    const verdicts = askAfter(
      quiet(SECOND),
      [offer(0, 'a'), 'first'],
      [offer(1, 'a'), 'again'],
      [offer(2, 'a', { body: 'other' }), 'conflicting'],
      [offer(3, 'a')],
    );
    expect(verdicts.ask(['first', 'again', 'conflicting'])).toMatchObject({
      verdicts: [
        { kind: 'pending' },
        { kind: 'suppressed', stage: 'dedupe' },
        { kind: 'deadLettered', code: 'event_id_conflict' },
      ],
      complete: false,
    });
  });

  it('hears of the run of its window together with others', () => {
    const moments = [offer(0, 'a'), offer(1, 'b'), tick(HOUR)];
    const { runs } = given(quiet(SECOND)).when(...moments);
    const runId = runs[0]?.runId ?? '';
    const verdicts = askAfter(
      quiet(SECOND),
      [offer(0, 'a'), 'one'],
      [offer(1, 'b'), 'two'],
      [tick(HOUR)],
      [started(HOUR, runId)],
    );
    const told = { kind: 'started', runId, cause: 'events' };
    expect(verdicts.ask(['one', 'two'])).toEqual({ verdicts: [told, told], complete: true });
  });

  it('gets `pending` once 256 others came after it, or when nobody knows it', () => {
    const verdicts = new Verdicts();
    const delivery = { eventId: idOf('a'), body: 'b', receivedAt: 0, key: 'k' };
    for (let index = 0; index <= 256; index += 1) verdicts.expect({ ...delivery, wait: `w${index}` });
    const reason = { kind: 'superseded', keep: 'last' } as const;
    const what = { kind: 'eventsSuppressed', key: 'k', eventIds: [idOf('a')], stage: 'debounce', reason } as const;
    verdicts.observe({ seq: 1, at: 0, ...what });
    const { verdicts: told } = verdicts.ask(['w0', 'w1', 'w256', 'nobody']);
    expect(told.map(({ kind }) => kind)).toEqual(['pending', 'suppressed', 'suppressed', 'pending']);
  });

  it('is not kept waiting once it is forgotten with its event', () => {
    const verdicts = new Verdicts();
    for (let index = 0; index <= 256; index += 1) {
      verdicts.expect({ eventId: idOf(`e${index}`), body: 'b', receivedAt: 0, key: 'k', wait: `w${index}` });
    }
    expect(verdicts.ask(['w0'])).toEqual({ verdicts: [{ kind: 'pending' }], complete: true });
  });
});
