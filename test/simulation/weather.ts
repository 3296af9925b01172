import { DAY, HOUR, MINUTE, SECOND } from '../core/given.ts';
import type { Random } from './random.ts';

/** What can go wrong; each can be left out to find out which one it takes. */
export const TROUBLES = [
  'clockSteps',
  'conflicts',
  'continueAsNew',
  'crashes',
  'definitions',
  'duplicates',
  'foreignRuns',
  'lostEnds',
  'orders',
  'outages',
  'repeatedStarts',
  'reorderings',
  'repeatedReports',
  'terminations',
] as const;
export type Trouble = (typeof TROUBLES)[number];

type Span = readonly [fromAt: number, untilAt: number];
type Step = readonly [fromAt: number, offsetMs: number];

/** What all triggers of a simulation go through together: a worker that is away, and clocks that are wrong. */
export class Weather {
  readonly #outages: readonly Span[];
  readonly #servers: readonly Step[];
  readonly #senders: readonly Step[];

  constructor(random: Random, startAt: number, untilAt: number, without: ReadonlySet<Trouble>) {
    const isStill = without.has('clockSteps');
    this.#outages = without.has('outages') ? [] : outages(random.fork('outages'), startAt, untilAt);
    this.#servers = isStill ? [] : steps(random.fork('server'), startAt, untilAt, 30 * SECOND);
    this.#senders = isStill ? [] : steps(random.fork('senders'), startAt, untilAt, 10 * MINUTE);
  }

  /** When a worker is there again; the moment itself where one is. */
  workerAt(moment: number): number {
    const outage = this.#outages.find(([fromAt, untilAt]) => fromAt <= moment && moment < untilAt);
    return outage ? outage[1] : moment;
  }

  /** What the server's clock shows. */
  serverTime(moment: number): number {
    return moment + offsetAt(this.#servers, moment);
  }

  /** What the clock of the accepting side shows. */
  senderTime(moment: number): number {
    return moment + offsetAt(this.#senders, moment);
  }
}

function offsetAt(all: readonly Step[], moment: number): number {
  return all.findLast(([fromAt]) => fromAt <= moment)?.[1] ?? 0;
}

function outages(random: Random, startAt: number, untilAt: number): readonly Span[] {
  const spans: Span[] = [];
  for (let at = startAt + random.spaced(3 * DAY); at < untilAt; at += random.spaced(3 * DAY)) {
    const end = at + random.magnitude(SECOND, 8 * HOUR);
    spans.push([at, end]);
    at = end;
  }
  return spans;
}

/** Mostly nearly right, sometimes minutes wrong, and then set right again. */
function steps(random: Random, startAt: number, untilAt: number, mostMs: number): readonly Step[] {
  const all: Step[] = [];
  for (let at = startAt; at < untilAt; at += random.spaced(2 * DAY)) {
    const size = random.chance(0.3) ? random.magnitude(SECOND, mostMs) : random.int(0, 50);
    all.push([at, random.chance(0.5) ? size : -size]);
  }
  return all;
}
