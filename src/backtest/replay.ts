import { type Arrival, arrivalOf, type Broken, type ReadEvent } from './arrival.ts';
import { Backtest, type BacktestOptions, type BacktestOutcome } from './backtest.ts';
import { InOrder } from './in-order.ts';
import { linesOf } from './lines.ts';

/** Broken lines that are shown; all are counted. */
const BROKEN_SHOWN_MAX = 10;

export type ReplayOptions = Omit<BacktestOptions, 'startAt'> & {
  readonly readEvent: ReadEvent;
  /** Where the span begins and ends, epoch milliseconds; else at the first event, and when nothing is pending. */
  readonly sinceAt?: number;
  readonly untilAt?: number;
};

/** What was read. */
export type InputSummary = {
  readonly events: number;
  readonly broken: { readonly lines: number; readonly shown: readonly Broken[] };
  /** Lines that came after a line with a later time; put into order unless they were `late`. */
  readonly unordered: number;
  /** Came too late for the buffer: counted as arriving when the latest before them did. */
  readonly late: { readonly events: number; readonly byMs: number };
  /** Outside the span that was asked for, and left out. */
  readonly outside: number;
};

export type Replayed = { readonly input: InputSummary; readonly outcome: BacktestOutcome | undefined };

/** Reads events, one a line, and runs them through a backtest. Without any usable event there is no outcome. */
export async function replay(chunks: AsyncIterable<Uint8Array>, options: ReplayOptions): Promise<Replayed> {
  const { sinceAt = -Infinity, untilAt = Infinity } = options;
  const order = new InOrder();
  const shown: Broken[] = [];
  let [events, brokenLines, outside] = [0, 0, 0];
  let backtest: Backtest | undefined;
  const take = (arrival: Arrival): void => {
    if (arrival.receivedAt < sinceAt || arrival.receivedAt >= untilAt) {
      outside += 1;
      return;
    }
    events += 1;
    backtest ??= new Backtest({ ...options, startAt: options.sinceAt ?? arrival.receivedAt });
    backtest.take(arrival);
  };
  for await (const lines of linesOf(chunks)) {
    for (const line of lines) {
      const arrival = arrivalOf(line, options.readEvent);
      if ('reason' in arrival) {
        brokenLines += 1;
        if (shown.length < BROKEN_SHOWN_MAX) shown.push(arrival);
      } else for (const next of order.push(arrival)) take(next);
    }
  }
  for (const next of order.end()) take(next);
  const { unordered, late, latestByMs: byMs } = order;
  const input = { events, broken: { lines: brokenLines, shown }, unordered, late: { events: late, byMs }, outside };
  return { input, outcome: backtest?.end(options.untilAt) };
}
