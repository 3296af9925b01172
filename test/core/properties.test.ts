import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import { evolve } from '../../src/core/evolve.ts';
import type { Fact, FactOf, RunRequest } from '../../src/core/fact.ts';
import { nextDeadline } from '../../src/core/due.ts';
import { initialState, pressureOf, type TriggerState } from '../../src/core/state.ts';
import { decide, decideDue, step } from '../../src/core/step.ts';
import { isDebounce } from '../../src/core/stages/window.ts';
import { busyStories, heavyStories, LOG_MAX, type Played, type Story, steadyStories, stories } from './arbitrary.ts';
import { pendingIds, recount } from './recount.ts';
import { cases } from '../setup/thorough.ts';

/** How often each id is in a list. */
function tally(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** Checks a property of stories of every kind; those at the caps weigh more and are fewer. */
function always(check: (story: Story) => void): void {
  fc.assert(fc.property(stories, check), { numRuns: cases(100) });
  fc.assert(fc.property(heavyStories, check), { numRuns: cases(10) });
}

/** Ids of events kept by a pause. */
const keptIds = (state: TriggerState) =>
  [state.paused, ...[...state.keys.values()].map((key) => key.paused)].flatMap((pause) =>
    (pause?.kept ?? []).map((offer) => offer.eventId),
  );

/** The events of a run whose id turned out to be another's. */
function conflictOf({ report }: FactOf<'startReported'>, facts: readonly Fact[]): readonly string[] {
  if (report.outcome !== 'conflict') return [];
  const decided = facts.flatMap((fact) =>
    fact.kind === 'runDecided' && fact.run.runId === report.runId ? [fact.run] : [],
  );
  return (decided[0]?.items ?? []).map((item) => item.eventId);
}

/** When runs were decided, over the whole trigger or for each key. */
function startsBy(scope: 'trigger' | 'key', played: Played): ReadonlyMap<string, readonly number[]> {
  const starts = new Map<string, number[]>();
  for (const { key, firedAt } of runsOf(played)) {
    const name = scope === 'trigger' ? '' : key;
    starts.set(name, [...(starts.get(name) ?? []), firedAt]);
  }
  return starts;
}

const runsOf = ({ facts }: Played) => facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : []));

/** Ids of the events that came in once more, by replays that were taken. */
function replayedIds({ inputs, steps }: Played): readonly string[] {
  return inputs.flatMap(({ input }, index) => {
    const isTaken = steps[index]?.facts.some((fact) => fact.kind === 'replayed');
    return input.kind === 'replay' && isTaken ? input.items.map((item) => item.eventId) : [];
  });
}

describe('whatever happens to an instance', () => {
  it('its facts, folded anew, give its state, and are numbered without a gap', () => {
    always((story) => {
      const { first, facts, state } = story.play();
      const folded = facts.reduce(evolve, initialState(first));
      expect(carry(folded)).toEqual(carry(state));
      expect(nextDeadline(folded)).toEqual(nextDeadline(state));
      expect(pressureOf(folded)).toEqual(pressureOf(state));
      expect(facts.map((fact) => fact.seq)).toEqual(facts.map((_, index) => index + 1));
      expect(facts.map((fact) => fact.at)).toEqual(facts.map((fact) => fact.at).sort((a, b) => a - b));
    });
  });

  it('every accepted event is suppressed, dead-lettered, in exactly one run, or pending', () => {
    always((story) => {
      const played = story.play();
      const { facts, state, inputs } = played;
      const recorded = facts.flatMap((fact) => (fact.kind === 'eventRecorded' ? [fact.offer.eventId] : []));
      const duplicates = facts.filter((fact) => fact.kind === 'eventsSuppressed' && fact.reason.kind === 'duplicate');
      const suppressed = facts.flatMap((fact) =>
        fact.kind === 'eventsSuppressed' && fact.reason.kind !== 'duplicate' ? fact.eventIds : [],
      );
      const again = replayedIds(played);
      const inRuns = runsOf(played).flatMap((run) => run.items.map((item) => item.eventId));
      const dead = facts.flatMap((fact) => (fact.kind === 'eventDeadLettered' ? [fact] : []));
      const conflicts = dead.filter((fact) => fact.stage === 'dedupe').length;
      const kept = keptIds(state);
      const later = dead.flatMap((fact) => (fact.stage === 'dedupe' ? [] : [fact.eventId]));
      expect(tally([...suppressed, ...inRuns, ...later, ...pendingIds(state)])).toEqual(
        tally([...recorded, ...kept, ...again]),
      );

      const offered = inputs.filter(({ input }) => input.kind === 'offer').length;
      expect(recorded.length + duplicates.length + conflicts + kept.length).toBe(offered);
      const { counts } = state;
      const undone = facts.flatMap((fact) => (fact.kind === 'startReported' ? conflictOf(fact, facts) : []));
      expect(counts.accepted).toBe(offered + again.length - kept.length);
      expect(counts.eventsInRuns).toBe(inRuns.length - undone.length);
      expect(counts.deadLettered).toBe(dead.length + undone.length);
      const bySuppression = Object.values(counts.suppressed).reduce((sum, count) => sum + count, 0);
      const gathered = state.pendingItems - state.startingItems;
      expect(bySuppression + dead.length + inRuns.length + gathered).toBe(offered + again.length);
    });
  });

  it('every decided run is started once, with the same content', () => {
    fc.assert(
      fc.property(stories, (story) => {
        for (const { facts, effects } of story.play().steps) {
          const decided = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : []));
          expect(effects.flatMap((effect) => (effect.kind === 'startRun' ? [effect.run] : []))).toEqual(decided);
          const isByHand = ({ cause }: RunRequest) => cause === 'manual' || cause === 'fallback' || cause === 'replay';
          expect(decided.every((run) => run.items.length > 0 || isByHand(run))).toBe(true);
        }
      }),
      { numRuns: cases(100) },
    );
  });

  it('a continue-as-new at any point changes nothing of what follows', () => {
    fc.assert(
      fc.property(
        fc.oneof({ weight: 9, arbitrary: stories }, { weight: 1, arbitrary: heavyStories }),
        fc.nat(),
        (story, somewhere) => {
          let carried = '';
          let index = 0;
          const cutAt = somewhere % LOG_MAX;
          const { inputs, steps, state } = story.play((before) => {
            if (index === cutAt) carried = JSON.stringify(carry(before));
            index += 1;
          });
          fc.pre(carried !== '');
          const resumed = restore(JSON.parse(carried));
          const further = inputs.slice(cutAt).map(({ input, nowMs }) => {
            const { facts, effects } = step(resumed, input, nowMs);
            return { facts, effects };
          });
          expect(further).toEqual(steps.slice(cutAt));
          expect(carry(resumed)).toEqual(carry(state));
          expect(recount(resumed)).toEqual(recount(state));
        },
      ),
      { numRuns: cases(100) },
    );
  });

  it('its totals and its next deadline are what counting anew gives, after every input', () => {
    always((story) => {
      story.play((state) => expect(recount.claimed(state)).toEqual(recount(state)));
    });
  });

  it('deciding changes nothing', () => {
    fc.assert(
      fc.property(stories, (story) => {
        story.play((state, next) => {
          if (!next) return;
          const before = JSON.stringify(carry(state));
          const view = { definition: state.definition, state, at: Math.max(state.clock, next.nowMs) };
          decide(view, next.input);
          for (const key of state.keys.keys()) decideDue(view, { kind: 'key', at: view.at, key });
          decideDue(view, { kind: 'shared', at: view.at });
          expect(JSON.stringify(carry(state)) === before).toBe(true);
          expect(recount.claimed(state)).toEqual(recount(state));
        });
      }),
      { numRuns: cases(30) },
    );
  });

  it('nothing that is due at the clock of the instance is left undone', () => {
    fc.assert(
      fc.property(stories, (story) => {
        const { state } = story.play();
        expect(nextDeadline(state)?.at ?? Infinity).toBeGreaterThan(state.clock);
      }),
      { numRuns: cases(100) },
    );
  });
});

describe('under one definition', () => {
  it('two runs of a key are at least a cooldown apart', () => {
    fc.assert(
      fc.property(steadyStories, (story) => {
        const played = story.play();
        const periodMs = played.first.cooldown?.periodMs ?? 0;
        const lastOf = new Map<string, number>();
        for (const { key, firedAt } of runsOf(played)) {
          expect(firedAt - (lastOf.get(key) ?? -Infinity)).toBeGreaterThanOrEqual(periodMs);
          lastOf.set(key, firedAt);
        }
      }),
      { numRuns: cases(200) },
    );
  });

  it('never more runs start in any span than the rate allows', () => {
    fc.assert(
      fc.property(steadyStories, (story) => {
        const played = story.play();
        const { rate } = played.first;
        if (!rate) return;
        for (const starts of startsBy(rate.scope, played).values()) {
          for (const [index, at] of starts.entries()) {
            const before = starts[index - rate.limit];
            expect(at - (before ?? -Infinity)).toBeGreaterThanOrEqual(rate.perMs);
          }
        }
      }),
      { numRuns: cases(200) },
    );
  });

  it('never more runs go on than the concurrency allows', () => {
    fc.assert(
      fc.property(steadyStories, (story) => {
        const played = story.play();
        const { concurrency } = played.first;
        if (!concurrency) return;
        const running = new Map<string, string>();
        for (const fact of played.facts) {
          if (fact.kind === 'runDecided') running.set(fact.run.runId, fact.run.key);
          if (fact.kind === 'runEnded') running.delete(fact.report.runId);
          const counted = [...running.values()].filter(
            (key) => concurrency.scope === 'trigger' || fact.kind !== 'runDecided' || key === fact.run.key,
          );
          if (fact.kind === 'runDecided') expect(counted.length).toBeLessThanOrEqual(concurrency.limit);
        }
      }),
      { numRuns: cases(200) },
    );
  });

  it('a key cools down only while a run of it was started within the period', () => {
    fc.assert(
      fc.property(steadyStories, (story) => {
        const played = story.play();
        // During a pause nothing is let go of.
        if (played.state.paused) return;
        for (const [name, { coolingUntil, paused }] of played.state.keys) {
          if (paused) continue;
          const last = runsOf(played).findLast((run) => run.key === name);
          const periodMs = played.first.cooldown?.periodMs;
          const expected = last && periodMs !== undefined && last.firedAt + periodMs > played.state.clock;
          expect(coolingUntil).toBe(expected ? last.firedAt + periodMs : undefined);
        }
      }),
      { numRuns: cases(100) },
    );
  });
});

describe('a window, under any definitions', () => {
  it('ends `quiet` after its last event or `maxWait` after its first, by its own settings, or because it is full', () => {
    const check = (story: Story) => {
      const open = new Map<string, { opened: Extract<Fact, { kind: 'windowOpened' }>; lastAt: number }>();
      let before: Fact | undefined;
      for (const fact of story.play().facts) {
        if (fact.kind === 'windowOpened') open.set(fact.key, { opened: fact, lastAt: fact.at });
        const window = 'key' in fact ? open.get(fact.key) : undefined;
        if (window && fact.kind === 'windowExtended') window.lastAt = fact.at;
        if (window && fact.kind === 'windowClosed') {
          const { settings, at } = window.opened;
          const quietMs = isDebounce(settings) ? settings.quietMs : Infinity;
          const due = Math.min(window.lastAt + quietMs, at + (settings.maxWaitMs ?? Infinity));
          const isFull = before?.kind === 'unitCollected' && before.at === fact.at;
          if (isFull) expect(fact.at).toBeLessThan(due);
          else expect(fact.at).toBe(due);
          open.delete(fact.key);
        }
        before = fact;
      }
    };
    fc.assert(fc.property(busyStories, check), { numRuns: cases(200) });
  });
});
