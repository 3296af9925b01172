import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type LaneEffect, type LaneInput, laneStep } from '../../src/core/lane.ts';
import { carryLane, emptyLane, type LaneState, rankOf, restoreLane } from '../../src/core/lane-state.ts';

const RUNS = Array.from({ length: 12 }, (_, index) => `run-${index}`);
const KINDS = ['train', 'deploy', 'rollback', 'fanOut'];
const LEASE_MS = 1_000;

/** A run keeps its kind: its id is made of its trigger. */
const kindOf = (runId: string): string => KINDS[Number(runId.slice(4)) % KINDS.length] ?? 'train';

const runId = fc.constantFrom(...RUNS);
const about = (kind: 'release' | 'alive' | 'unreached' | 'promoting') => runId.map((it) => ({ kind, runId: it }));
const limit = fc.integer({ min: 1, max: 4 });

type Given = { readonly input: LaneInput; readonly afterMs: number };

const request = fc
  .tuple(runId, fc.option(limit, { nil: undefined }), fc.nat({ max: 5 }))
  .map(([it, places, loadedAt]): LaneInput => ({
    kind: 'request',
    run: { runId: it, trigger: 't', kind: kindOf(it) },
    ...(places !== undefined && { settings: { limit: places, leaseTimeoutMs: LEASE_MS, loadedAt } }),
  }));
const settings = fc.tuple(limit, fc.nat({ max: 5 })).map(([places, loadedAt]): LaneInput => ({
  kind: 'settings',
  settings: { limit: places, leaseTimeoutMs: LEASE_MS, loadedAt },
}));
const input: fc.Arbitrary<LaneInput> = fc.oneof(
  { weight: 6, arbitrary: request },
  { weight: 4, arbitrary: about('release') },
  about('alive'),
  about('unreached'),
  about('promoting'),
  settings,
  fc.constant<LaneInput>({ kind: 'tick' }),
);
const story = fc.array(fc.record({ input, afterMs: fc.nat({ max: 800 }) }), { maxLength: 120 });
const of = fc.constantFrom('lane' as const, 'pool' as const);

/** Who asked and has neither left nor been refused, in the order of asking. */
class Wanting {
  readonly runs = new Map<string, number>();
  private asked = 0;

  note(given: LaneInput, effects: readonly LaneEffect[]): void {
    if (given.kind === 'release') this.runs.delete(given.runId);
    if (given.kind !== 'request') return;
    const { runId: it } = given.run;
    if (effects.some((effect) => effect.kind === 'full' && effect.runId === it)) return;
    if (!this.runs.has(it)) this.runs.set(it, (this.asked += 1));
  }
}

function tell(
  story: readonly Given[],
  state: LaneState,
  each: (given: LaneInput, effects: readonly LaneEffect[]) => void,
) {
  let nowMs = 0;
  for (const { input: given, afterMs } of story) {
    nowMs += afterMs;
    each(given, laneStep(state, given, nowMs));
  }
}

const waiters = (state: LaneState) => state.queues.flatMap((queue) => [...queue.keys()]);

describe('whatever a lane is told, in whatever order', () => {
  it('it never gives a place where its limit is reached', () => {
    fc.assert(
      fc.property(of, story, (kind, told) => {
        const state = emptyLane(kind, 0);
        let held = 0;
        tell(told, state, () => {
          expect(state.holders.size).toBeLessThanOrEqual(Math.max(held, state.settings.limit));
          held = state.holders.size;
        });
      }),
    );
  });

  it('nobody who asked is lost or there twice, and no place stays free while somebody waits', () => {
    fc.assert(
      fc.property(of, story, (kind, told) => {
        const state = emptyLane(kind, 0);
        const wanting = new Wanting();
        tell(told, state, (given, effects) => {
          wanting.note(given, effects);
          const known = [...state.holders.keys(), ...waiters(state)];
          expect(new Set(known).size).toBe(known.length);
          expect(new Set(known)).toEqual(new Set(wanting.runs.keys()));
          if (waiters(state).length > 0) expect(state.holders.size).toBeGreaterThanOrEqual(state.settings.limit);
        });
      }),
    );
  });

  it('whoever is given a place goes before nobody who has the right to go first', () => {
    fc.assert(
      fc.property(of, story, (kind, told) => {
        const state = emptyLane(kind, 0);
        const wanting = new Wanting();
        const turn = (it: string) => [rankOf({ kind: kindOf(it) }), wanting.runs.get(it) ?? 0] as const;
        tell(told, state, (given, effects) => {
          wanting.note(given, effects);
          const asked = given.kind === 'request' ? given.run.runId : '';
          for (const effect of effects) {
            // One that held its place already is only told so again.
            if (effect.kind !== 'granted' || effect.runId === asked) continue;
            for (const other of waiters(state)) {
              const [[rank, order], [otherRank, otherOrder]] = [turn(effect.runId), turn(other)];
              expect(rank < otherRank || (rank === otherRank && order < otherOrder)).toBe(true);
            }
          }
        });
      }),
    );
  });

  it('while a rollback waits for a lane, a deploy that has not begun to promote was asked to give way', () => {
    fc.assert(
      fc.property(story, (told) => {
        const state = emptyLane('lane', 0);
        tell(told, state, () => {
          const rollbacks = [...(state.queues[0]?.values() ?? [])];
          const deploys = [...state.holders.values()].filter((it) => it.kind === 'deploy' && !it.promoting);
          const asked = deploys.filter((it) => it.givesWayTo !== undefined);
          expect(asked.length).toBeGreaterThanOrEqual(Math.min(rollbacks.length, deploys.length));
        });
      }),
    );
  });

  it('nobody loses a place but by leaving or by being found gone', () => {
    fc.assert(
      fc.property(of, story, (kind, told) => {
        const state = emptyLane(kind, 0);
        let held: readonly string[] = [];
        tell(told, state, (given) => {
          const lost = held.filter((it) => !state.holders.has(it));
          expect(lost).toEqual(given.kind === 'release' && lost.length > 0 ? [given.runId] : []);
          held = [...state.holders.keys()];
        });
      }),
    );
  });

  it('it goes on after being carried over as if it had not been', () => {
    fc.assert(
      fc.property(of, story, fc.nat({ max: 120 }), (kind, told, at) => {
        const one = emptyLane(kind, 0);
        let other = emptyLane(kind, 0);
        // What is being looked at is not carried: it is looked at again.
        const before = told.filter(({ input: it }) => it.kind !== 'tick' && it.kind !== 'unreached');
        let nowMs = 0;
        for (const [index, { input: given, afterMs }] of before.entries()) {
          nowMs += afterMs;
          if (index === at) other = restoreLane(kind, JSON.parse(JSON.stringify(carryLane(other))));
          expect(laneStep(other, given, nowMs)).toEqual(laneStep(one, given, nowMs));
        }
        expect(carryLane(other)).toEqual(carryLane(one));
      }),
    );
  });
});
