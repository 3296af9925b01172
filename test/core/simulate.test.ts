import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Fact } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { type RunModel, Simulation } from '../../src/core/simulate.ts';
import { initialState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { cases } from '../setup/thorough.ts';
import { DAY, definition, HOUR, idOf, MINUTE, offer, quiet, SECOND, T0 } from './given.ts';

const succeedsAtOnce: RunModel = () => ({ takesMs: 0, status: 'succeeded' });

function simulate(overrides: Partial<Definition>, runs: RunModel = succeedsAtOnce) {
  const facts: Fact[] = [];
  const moments = new Map<Fact, number>();
  const onFact = (fact: Fact) => {
    facts.push(fact);
    moments.set(fact, simulation.clock);
  };
  const simulation = new Simulation(definition(overrides), { runs, startAt: T0, onFact });
  /** What was decided and how it ended, with moments relative to the start. */
  const told = () =>
    facts.flatMap((fact) => {
      const at = (moments.get(fact) ?? 0) - T0;
      if (fact.kind === 'runDecided') return [`${at} decided ${fact.run.items.map((it) => nameOf(it.eventId)).join()}`];
      if (fact.kind === 'startReported') return [`${at} ${fact.report.outcome}`];
      if (fact.kind === 'runApproved') return [`${at} approved`];
      return fact.kind === 'runEnded' ? [`${at} ${fact.report.status}`] : [];
    });
  const send = (at: number, name: string, parts: Parameters<typeof offer>[2] = {}) =>
    simulation.input(offer(at, name, parts).input, T0 + at);
  return { simulation, facts, told, send };
}

const nameOf = (eventId: string) => eventId.slice('evt_'.length).replace(/-+$/, '');

describe('a simulation', () => {
  it('fires deadlines at their own moments, confirms starts at once, and ends runs as its model says', () => {
    const { simulation, told, send } = simulate(quiet(30 * SECOND), () => ({ takesMs: 10 * MINUTE, status: 'failed' }));
    send(0, 'a');
    send(10 * SECOND, 'b');
    simulation.advance(T0 + HOUR);
    expect(told()).toEqual(['40000 decided a,b', '40000 started', '640000 failed']);
    expect(simulation.clock).toBe(T0 + HOUR);
    expect(simulation.state.starting.size).toBe(0);
  });

  it('tells its model which run starts, and when', () => {
    const asked: unknown[] = [];
    const { simulation, send } = simulate({}, ({ key }, startedAt) => {
      asked.push([key, startedAt - T0]);
      return { takesMs: 0, status: 'succeeded' };
    });
    send(5, 'a');
    send(7, 'b', { key: 'other' });
    simulation.finish();
    expect(asked).toEqual([
      ['k', 5],
      ['other', 7],
    ]);
  });

  it('ends runs in the order of their ends, and of their starts where they end together', () => {
    const takes = [30, 10, 30];
    const { simulation, facts, send } = simulate({}, () => ({ takesMs: takes.shift() ?? 0, status: 'succeeded' }));
    send(0, 'a');
    send(0, 'b');
    send(0, 'c');
    simulation.finish();
    const decided = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run.runId] : []));
    const ended = facts.flatMap((fact) => (fact.kind === 'runEnded' ? [fact.report.runId] : []));
    expect(ended).toEqual([decided[1], decided[0], decided[2]]);
  });

  it('finishes when no event waits and no run goes on, and not later than asked', () => {
    const { simulation, told, send } = simulate({
      ...quiet(30 * SECOND),
      cooldown: { periodMs: HOUR, onExcess: 'hold' },
    });
    send(0, 'a');
    simulation.finish(T0 + 20 * SECOND);
    expect(told()).toEqual([]);
    send(31 * SECOND, 'b');
    simulation.finish();
    expect(told().filter((line) => line.includes('decided'))).toEqual(['30000 decided a', '3630000 decided b']);
    expect(simulation.clock).toBe(T0 + HOUR + 30 * SECOND);
  });

  it('an event of a moment that has passed counts as now', () => {
    const { simulation, told, send } = simulate({});
    simulation.advance(T0 + MINUTE);
    send(30 * SECOND, 'a');
    expect(told()).toContain('60000 started');
  });

  it('a run id that is still running starts nothing', () => {
    const hour: RunModel = () => ({ takesMs: HOUR, status: 'succeeded' });
    const again = simulate({ dedupe: { windowMs: MINUTE } }, hour);
    again.send(0, 'a');
    again.send(2 * MINUTE, 'a');
    again.simulation.finish();
    expect(again.told()).toEqual([
      '0 decided a',
      '0 started',
      '120000 decided a',
      '120000 alreadyStarted',
      '3600000 succeeded',
    ]);
  });

  it('a model may know that a run id is taken', () => {
    const { simulation, told, send } = simulate({}, () => 'conflict');
    send(0, 'a');
    simulation.finish();
    expect(told()).toEqual(['0 decided a', '0 conflict']);
  });

  it('a shadow run ends at once as succeeded, whatever the model says', () => {
    const { simulation, told, send } = simulate({ mode: 'shadow' }, () => ({ takesMs: HOUR, status: 'failed' }));
    send(0, 'a');
    simulation.advance(T0);
    expect(told()).toEqual(['0 decided a', '0 started', '0 succeeded']);
  });

  it('an asking run is approved when its model says, and then it counts', () => {
    const asking = { cooldown: { periodMs: HOUR, onExcess: 'ask' } } as const;
    const { simulation, told, send } = simulate(asking, ({ asks }) =>
      asks
        ? { takesMs: 30 * MINUTE, approvedAfterMs: 20 * MINUTE, status: 'succeeded' }
        : { takesMs: 0, status: 'failed' },
    );
    send(0, 'a');
    send(50 * MINUTE, 'b');
    simulation.finish();
    expect(told()).toEqual([
      '0 decided a',
      '0 started',
      '0 failed',
      `${50 * MINUTE} decided b`,
      `${50 * MINUTE} started`,
      `${70 * MINUTE} approved`,
      `${80 * MINUTE} succeeded`,
    ]);
    expect(simulation.state.keys.get('k')?.coolingUntil).toBe(T0 + 70 * MINUTE + HOUR);
  });

  it('a run that makes room ends as cancelled at that moment, and the new one starts', () => {
    const one = { concurrency: { limit: 1, onExcess: 'cancelRunning', scope: 'trigger' } } as const;
    const { simulation, told, send } = simulate(one, () => ({ takesMs: HOUR, status: 'succeeded' }));
    send(0, 'a');
    send(5, 'b');
    simulation.finish();
    expect(told()).toEqual([
      '0 decided a',
      '0 started',
      '5 cancelled',
      '5 decided b',
      '5 started',
      `${5 + HOUR} succeeded`,
    ]);
  });

  it('what is due is noticed as late as it is told to, and happened at its own time', () => {
    const ats: number[] = [];
    const late = new Simulation(definition({ ...quiet(HOUR), cooldown: { periodMs: DAY, onExcess: 'hold' } }), {
      runs: () => ({ takesMs: HOUR, status: 'succeeded' }),
      startAt: T0,
      onFact: ({ kind, at }) => void (kind === 'runEnded' && ats.push(at - T0)),
      lateMs: () => 300,
    });
    late.input(offer(0, 'a').input, T0);
    late.finish();
    expect(ats).toEqual([2 * HOUR + 600]);
  });

  it.each(['trigger', 'key'] as const)('a place that a run of a taken id holds is found out (%s)', (scope) => {
    const concurrency = { limit: 1, onExcess: 'queue', scope } as const;
    const outcomes = ['alreadyStarted', undefined] as const;
    let asked = 0;
    const { simulation, told, send } = simulate(
      { concurrency },
      () => outcomes[asked++] ?? { takesMs: 0, status: 'succeeded' },
    );
    send(0, 'a');
    send(5, 'b');
    simulation.finish();
    expect(told().filter((line) => line.includes('decided'))).toHaveLength(2);
    expect(simulation.state.pendingItems).toBe(0);
  });

  it('a run that was there before is told with the end it had', () => {
    const facts: Fact[] = [];
    const concurrency = { limit: 1, onExcess: 'queue', scope: 'trigger' } as const;
    const simulation = new Simulation(definition({ concurrency }), {
      runs: ({ items }) => (items.length === 1 ? 'alreadyStarted' : { takesMs: 0, status: 'succeeded' }),
      endOf: (runId) => ({ runId, key: 'k', status: 'failed' }),
      startAt: T0,
      onFact: (fact) => facts.push(fact),
    });
    simulation.input(offer(0, 'a').input, T0);
    simulation.input(offer(5, 'b').input, T0 + 5);
    simulation.finish();
    expect(facts.find((fact) => fact.kind === 'runEnded')).toMatchObject({ report: { status: 'failed' } });
  });

  it('a run that goes on takes another course when somebody answers it; one that is over does not', () => {
    const asking = { cooldown: { periodMs: HOUR, onExcess: 'ask' } } as const;
    const started: string[] = [];
    const { simulation, told, send } = simulate(asking, ({ runId, asks }) => {
      started.push(runId);
      return asks ? { takesMs: HOUR, status: 'rejected' } : { takesMs: 0, status: 'succeeded' };
    });
    send(0, 'a');
    send(MINUTE, 'b');
    simulation.advance(T0 + 2 * MINUTE);
    simulation.change(started[0] ?? '', { takesMs: 0, status: 'failed' });
    simulation.change(started[1] ?? '', { takesMs: MINUTE, status: 'failed', approvedAfterMs: 0 });
    simulation.finish();
    expect(told().slice(-2)).toEqual([`${2 * MINUTE} approved`, `${3 * MINUTE} failed`]);
  });

  it('goes on until a candidate without events has started, and gives the facts of a step together', () => {
    const steps: number[] = [];
    const simulation = new Simulation(definition({ cooldown: { periodMs: HOUR, onExcess: 'hold' } }), {
      runs: succeedsAtOnce,
      startAt: T0,
      onFact: () => undefined,
      onStep: (facts) => steps.push(facts.length),
    });
    simulation.input(offer(0, 'a').input, T0);
    simulation.input({ kind: 'fire', key: 'k', id: 'f', force: false, by: 'me' }, T0 + MINUTE);
    simulation.finish();
    expect(simulation.state.counts.runs).toBe(2);
    expect(simulation.clock).toBe(T0 + HOUR);
    expect(Math.max(...steps)).toBeGreaterThan(1);
  });

  it('decides as steps do that are taken every millisecond', () => {
    const moments = fc.array(fc.record({ laterMs: fc.nat(90), name: fc.nat(20), key: fc.constantFrom('k', 'other') }), {
      maxLength: 40,
    });
    const spec = fc.constantFrom<Partial<Definition>>(
      {},
      quiet(30),
      { ...quiet(30), cooldown: { periodMs: 200, onExcess: 'hold' } },
      { cooldown: { periodMs: 50, onExcess: 'drop' } },
    );
    fc.assert(
      fc.property(spec, moments, (overrides, events) => {
        const { simulation, facts } = simulate(overrides);
        const state = initialState(definition(overrides));
        const expected: Fact[] = [];
        const take = (input: Input, nowMs: number) => {
          const { facts: happened, effects } = step(state, input, nowMs);
          expected.push(...happened);
          for (const effect of effects) {
            if (effect.kind !== 'startRun') continue;
            take({ kind: 'startReported', report: { runId: effect.run.runId, outcome: 'started' } }, nowMs);
          }
        };
        let at = T0;
        for (const { laterMs, name, key } of events) {
          for (let waited = 0; waited <= laterMs; waited += 1) take({ kind: 'tick' }, at + waited);
          at += laterMs;
          const made = { eventId: idOf(`e${name}`), body: 'body', key, receivedAt: at };
          take({ kind: 'offer', offer: made }, at);
          simulation.input({ kind: 'offer', offer: made }, at);
        }
        expect(decisions(facts)).toEqual(decisions(expected));
      }),
      { numRuns: cases(100) },
    );
  });
});

/** Facts without the ends of runs, which steps alone do not bring, and so without their numbers. */
function decisions(facts: readonly Fact[]) {
  return facts.flatMap((fact) => (fact.kind === 'runEnded' ? [] : [{ ...fact, seq: 0 }]));
}
