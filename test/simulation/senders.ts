import type { Offer } from '../../src/core/offer.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { HOUR, MINUTE, SECOND } from '../core/given.ts';
import type { Agenda } from './agenda.ts';
import { keysOf } from './definitions.ts';
import type { Random } from './random.ts';
import type { Trouble, Weather } from './weather.ts';

type Parts = Omit<Offer, 'receivedAt'>;

/** How a trigger's events come, and what they carry. */
type Habits = {
  readonly keys: readonly string[];
  /** Between two bursts, and between two events of one, on average, milliseconds. */
  readonly restMs: number;
  readonly gapMs: number;
  readonly burst: number;
  readonly collects: boolean;
  readonly reads: boolean;
  readonly dedupes: boolean;
  readonly identifies: boolean;
  readonly ordersByText: boolean;
};

const DUPLICATED = 0.1;
const CONFLICTING = 0.01;
const DELAYED = 0.05;

/** Those who send the events of one trigger, each at least once, until they fall silent. */
export class Senders {
  isSilent = false;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #delivery: Random;
  readonly #weather: Weather;
  readonly #without: ReadonlySet<Trouble>;
  readonly #definition: () => Definition;
  readonly #deliver: (offer: Offer) => void;
  readonly #habits: Habits;
  #count = 0;

  constructor(world: {
    readonly agenda: Agenda;
    readonly random: Random;
    readonly weather: Weather;
    readonly without: ReadonlySet<Trouble>;
    /** What the accepting side goes by. */
    readonly definition: () => Definition;
    /** A delivery is committed. */
    readonly deliver: (offer: Offer) => void;
  }) {
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#delivery = world.random.fork('delivery');
    this.#weather = world.weather;
    this.#without = world.without;
    this.#definition = world.definition;
    this.#deliver = world.deliver;
    this.#habits = habitsOf(world.random);
    this.#rest();
  }

  /** The keys that events have. */
  get keys(): readonly string[] {
    return this.#habits.keys;
  }

  #rest(): void {
    const left = Math.ceil(this.#random.spaced(this.#habits.burst));
    this.#agenda.after(this.#random.spaced(this.#habits.restMs), () => this.#burst(left));
  }

  #burst(left: number): void {
    if (this.isSilent) return;
    this.#send();
    if (left <= 1) return this.#rest();
    this.#agenda.after(this.#random.spaced(this.#habits.gapMs), () => this.#burst(left - 1));
  }

  #send(): void {
    this.#count += 1;
    const event = this.#event();
    const happens = (trouble: Trouble, probability: number) => {
      return this.#delivery.chance(probability) && !this.#without.has(trouble);
    };
    const delayMs = this.#delivery.magnitude(SECOND, HOUR);
    this.#arrive(event, happens('reorderings', DELAYED) ? delayMs : this.#delivery.int(0, 50));
    const copies = this.#delivery.int(1, 3);
    const isDuplicated = happens('duplicates', DUPLICATED);
    for (let copy = 0; isDuplicated && copy < copies; copy += 1) {
      this.#arrive(event, this.#delivery.magnitude(1, 6 * HOUR));
    }
    if (happens('conflicts', CONFLICTING)) this.#arrive({ ...event, body: 'other-body--' }, delayMs);
  }

  /** It arrives, by the clock of the accepting side, and is committed a little later, in whatever order. */
  #arrive(event: Parts, delayMs: number): void {
    const commitMs = this.#delivery.int(1, 60);
    this.#agenda.after(delayMs, () => {
      const offer = { ...event, receivedAt: this.#weather.senderTime(this.#agenda.now) };
      this.#agenda.after(commitMs, () => this.#deliver(offer));
    });
  }

  #event(): Parts {
    const { keys, collects, reads, dedupes, identifies, ordersByText } = this.#habits;
    const { correlate, threshold, order, batch } = this.#definition();
    const random = this.#random;
    const number = this.#count;
    const key = keys[Math.floor(keys.length * random.next() ** 2)] ?? 'default';
    const place = random.chance(0.1) ? number - random.int(0, 5) : number;
    const parts = correlate?.parts ?? [];
    const part = parts[random.int(0, parts.length - 1)];
    return {
      eventId: `evt_${number.toString(36).padStart(12, '-')}----------`,
      body: 'one-body----',
      key,
      time: this.#agenda.now - (random.chance(0.1) ? random.magnitude(SECOND, 12 * HOUR) : 0),
      ...(part !== undefined && { part }),
      ...(order && { order: ordersByText ? String(place).padStart(8, '0') : place }),
      ...(threshold?.of === 'amounts' && { amount: random.pick(-1, 0, 0.1, 1, 2.5) }),
      ...(batch?.maxBytes !== undefined && { size: random.int(20, 300) }),
      ...(dedupes && { by: `by-${random.int(0, 40)}`.padEnd(12, '-') }),
      ...(collects && { item: number }),
      ...(reads && { event: { number } }),
      ...(reads && !collects && { whole: true as const }),
      ...(identifies && { identity: `model-${random.int(0, 20)}` }),
    };
  }
}

function habitsOf(random: Random): Habits {
  return {
    keys: keysOf(random),
    restMs: random.magnitude(30 * MINUTE, 12 * HOUR),
    gapMs: random.magnitude(50, 5 * MINUTE),
    burst: random.magnitude(1, 40),
    collects: random.chance(0.5),
    reads: random.chance(0.3),
    dedupes: random.chance(0.15),
    identifies: random.chance(0.07),
    ordersByText: random.chance(0.2),
  };
}
