import type { Input } from '../../src/core/input.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { DAY, HOUR, MINUTE } from '../core/given.ts';
import type { Agenda } from './agenda.ts';
import { randomDefinition } from './definitions.ts';
import type { Random } from './random.ts';
import type { Trouble } from './weather.ts';

const BY = 'an operator';

/** People who pause, resume, fire, open breakers and load definitions, until they go home. */
export class Operators {
  areHome = false;
  /** What was loaded last: accepting sides go by it soon. */
  definition: Definition;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #keys: () => readonly string[];
  readonly #send: (...inputs: readonly Input[]) => void;
  #fires = 0;

  constructor(
    first: Definition,
    world: {
      readonly agenda: Agenda;
      readonly random: Random;
      readonly without: ReadonlySet<Trouble>;
      readonly keys: () => readonly string[];
      readonly send: (...inputs: readonly Input[]) => void;
    },
  ) {
    this.definition = first;
    this.#agenda = world.agenda;
    this.#random = world.random;
    this.#keys = world.keys;
    this.#send = world.send;
    if (!world.without.has('orders')) this.#again(world.random.magnitude(6 * HOUR, 10 * DAY), () => this.#order());
    if (!world.without.has('definitions')) this.#again(world.random.magnitude(DAY, 14 * DAY), () => this.#load());
  }

  #again(meanMs: number, act: () => void): void {
    this.#agenda.after(this.#random.spaced(meanMs), () => {
      if (this.areHome) return;
      act();
      this.#again(meanMs, act);
    });
  }

  #order(): void {
    const { breaker } = this.definition;
    const key = this.#keys()[this.#random.int(0, this.#keys().length - 1)] ?? 'default';
    const about = this.#random.chance(0.5) ? { key } : {};
    const laterMs = this.#random.magnitude(MINUTE, DAY);
    switch (this.#random.pick('pause', 'fire', 'fire', 'breaker')) {
      case 'pause':
        this.#give({ kind: 'pause', by: BY, ...about });
        this.#agenda.after(laterMs, () => this.#give({ kind: 'resume', by: BY, ...about }));
        return;
      case 'fire': {
        this.#fires += 1;
        const fire = {
          kind: 'fire',
          key,
          id: `by-hand-${this.#fires}`,
          force: this.#random.chance(0.5),
          by: BY,
        } as const;
        this.#give(fire);
        if (this.#random.chance(0.2)) this.#agenda.after(laterMs, () => this.#give(fire));
        return;
      }
      case 'breaker': {
        const of = breaker?.scope === 'key' ? { key } : {};
        this.#give({ kind: 'breaker', to: 'open', by: BY, ...of });
        if (this.#random.chance(0.8)) {
          this.#agenda.after(laterMs, () => this.#give({ kind: 'breaker', to: 'closed', by: BY, ...of }));
        }
      }
    }
  }

  /** What is due goes first, as in the shell. */
  #give(order: Input): void {
    this.#send({ kind: 'tick' }, order);
  }

  /** A new definition: another one altogether, or a small change of what is there; sometimes an old replica brings the last. */
  #load(): void {
    const before = this.definition;
    const { now } = this.#agenda;
    const other = randomDefinition(this.#random, now);
    const isSmall = this.#random.chance(0.5);
    const { debounce, cooldown, rate, concurrency, breaker } = other;
    const small = {
      ...before,
      loadedAt: now,
      generation: other.generation,
      ...(debounce && !before.batch && { debounce }),
      ...(cooldown && { cooldown }),
      ...(rate && { rate }),
      ...(concurrency && { concurrency }),
      ...(breaker && { breaker }),
    };
    this.definition = isSmall ? small : other;
    this.#send({ kind: 'definition', definition: this.definition });
    if (this.#random.chance(0.5)) {
      this.#agenda.after(this.#random.int(1, 60_000), () => this.#send({ kind: 'definition', definition: before }));
    }
  }
}
