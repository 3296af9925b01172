import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Arrival } from '../../src/backtest/arrival.ts';
import { InOrder } from '../../src/backtest/in-order.ts';
import { type Line, linesOf } from '../../src/backtest/lines.ts';

async function linesIn(chunks: readonly Uint8Array[]): Promise<readonly Line[]> {
  const lines: Line[] = [];
  async function* given() {
    yield* chunks;
  }
  for await (const some of linesOf(given())) lines.push(...some);
  return lines;
}

const encoder = new TextEncoder();

describe('lines of a stream', () => {
  test('are the same however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-zü☃]{0,6}$/), { maxLength: 20 }),
        fc.array(fc.nat(30), { maxLength: 10 }),
        async (texts, cuts) => {
          const bytes = encoder.encode(texts.join('\n'));
          const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
          const expected = texts.flatMap((text, index) => (text === '' ? [] : [{ number: index + 1, text }]));
          const lines = await linesIn(chunks);
          expect(lines.map((it) => ('text' in it ? { number: it.number, text: it.text } : it))).toEqual(expected);
        },
      ),
    );
  });

  test('that are not UTF-8, or longer than a megabyte, are faults, and the next one is read', async () => {
    const long = encoder.encode('x'.repeat(600_000));
    const lines = await linesIn([Uint8Array.of(0xff, 0x0a), long, long, encoder.encode('\nok\n')]);
    expect(lines).toEqual([
      { number: 1, fault: 'it is not UTF-8' },
      { number: 2, fault: 'it is longer than 1024 KB' },
      { number: 3, text: 'ok', bytes: 2 },
    ]);
  });
});

function arrival(receivedAt: number, line: number, bytes = 100): Arrival {
  return {
    event: { specversion: '1.0', id: `${line}`, source: '/s', type: 't' },
    source: undefined,
    receivedAt,
    line,
    bytes,
  };
}

function ordered(order: InOrder, arrivals: readonly Arrival[]): readonly Arrival[] {
  return [...arrivals.flatMap((one) => [...order.push(one)]), ...order.end()];
}

describe('putting arrivals in order', () => {
  test('gives each of them once, by time and then by line', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 200 }), (times) => {
        const arrivals = times.map((time, line) => arrival(time, line));
        const expected = arrivals.toSorted((a, b) => a.receivedAt - b.receivedAt || a.line - b.line);
        expect(ordered(new InOrder(), arrivals)).toEqual(expected);
      }),
    );
  });

  test('keeps memory small: what comes too late counts as arriving now, and is counted', () => {
    const order = new InOrder();
    const early = Array.from({ length: 10_002 }, (_, line) => arrival(1_000 + line, line));
    const times = ordered(order, [...early, arrival(500, 20_000), arrival(900, 20_001)]).map((one) => one.receivedAt);
    expect(times).toHaveLength(10_004);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(order).toMatchObject({ unordered: 2, late: 2, latestByMs: 501 });
  });

  test('keeps back fewer of large events', () => {
    const order = new InOrder();
    const large = Array.from({ length: 40 }, (_, line) => arrival(line, line, 1_000_000));
    const gone = large.flatMap((one) => [...order.push(one)]);
    expect(gone.length).toBeGreaterThan(5);
    expect(gone.length + [...order.end()].length).toBe(40);
  });
});
