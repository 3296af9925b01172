import { nextDeadline } from '../../src/core/due.ts';
import type { Fact } from '../../src/core/fact.ts';
import type { TriggerState } from '../../src/core/state.ts';
import { DAY, HOUR } from '../core/given.ts';
import { recount } from '../core/recount.ts';
import { Accounts } from './accounts.ts';
import { Agenda } from './agenda.ts';
import { randomDefinition, START_AT } from './definitions.ts';
import { Instance } from './instance.ts';
import { Limits } from './limits.ts';
import { Operators } from './operators.ts';
import { Random } from './random.ts';
import { Runs, type Told } from './runs.ts';
import { Senders } from './senders.ts';
import { promise, Violation } from './violation.ts';
import { type Trouble, Weather } from './weather.ts';
import { Windows } from './windows.ts';

/** What makes a world this world: the same gives the same, to the last fact. */
export type WorldName = {
  readonly seed: string;
  /** Which trigger of the simulation. */
  readonly trigger: number;
  readonly days: number;
  readonly without: ReadonlySet<Trouble>;
};

/** How a world went. `facts` are the last ones before a promise was not kept. */
export type Course = {
  readonly happened: number;
  readonly offered: number;
  readonly runs: number;
  readonly broken?: { readonly promise: string; readonly definition: string; readonly facts: readonly Fact[] };
};

/** Facts shown of what led to a broken promise. */
const SHOWN_MAX = 25;
/** What has not moved for so long waits for ever: longer than hours, freezes, rates and breakers ever close. */
const STANDSTILL_MS = 30 * DAY;

/** One trigger with its senders, its runs and its operators, in virtual time. */
export class World {
  readonly #agenda = new Agenda(START_AT);
  readonly #weather: Weather;
  readonly #runs: Runs;
  readonly #instance: Instance;
  readonly #senders: Senders;
  readonly #operators: Operators;
  readonly #accounts: Accounts;
  readonly #limits: Limits;
  readonly #windows = new Windows();
  readonly #days: number;
  readonly #facts: Fact[] = [];
  #seq = 0;
  /** Runs that began within a task that was never committed. */
  readonly #early = new Map<string, Parameters<Accounts['begin']>[0]>();

  constructor({ seed, trigger, days, without }: WorldName) {
    const random = new Random(`${seed}/${trigger}`);
    const agenda = this.#agenda;
    this.#days = days;
    this.#weather = new Weather(new Random(seed), START_AT, START_AT + days * DAY, without);
    const weather = this.#weather;
    const definition = randomDefinition(random.fork('definition'), START_AT);
    this.#accounts = new Accounts(definition.dedupe.windowMs);
    this.#limits = new Limits(definition);
    this.#runs = new Runs(agenda, random.fork('runs'), without, {
      begins: (run) => {
        this.#accounts.begin(run);
        this.#early.set(run.runId, run);
      },
      ends: () => {},
      tells: (told) => this.#instance.signal(inputOf(told)),
    });
    this.#instance = new Instance(definition, {
      agenda,
      random: random.fork('instance'),
      weather,
      without,
      runs: this.#runs,
      watch: {
        commits: ({ facts }, state) => this.#commit(facts, state),
        resumes: (state) => this.#resume(state),
        differs: (what) => promise(false, () => `replay gives the same: ${what}`),
      },
    });
    this.#senders = new Senders({
      agenda,
      random: random.fork('senders'),
      weather,
      without,
      definition: () => this.#operators.definition,
      deliver: (offer) => {
        this.#accounts.offer();
        this.#instance.signal({ kind: 'offer', offer });
      },
    });
    this.#operators = new Operators(definition, {
      agenda,
      random: random.fork('operators'),
      without,
      keys: () => this.#senders.keys,
      send: (...inputs) => this.#instance.signal(...inputs),
    });
  }

  /** Lives through its days, then until nothing waits any more. */
  live(): Course {
    try {
      this.#agenda.advance(START_AT + this.#days * DAY);
      this.#settle();
      return this.#course();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const definition = JSON.stringify(this.#instance.state.definition);
      return { ...this.#course(), broken: { promise: error.message, definition, facts: this.#facts } };
    }
  }

  #course(): Course {
    const { happened } = this.#agenda;
    return { happened, offered: this.#accounts.offered, runs: this.#instance.state.counts.runs };
  }

  #commit(facts: readonly Fact[], state: TriggerState): void {
    for (const fact of facts) {
      this.#facts.push(fact);
      if (this.#facts.length > 2 * SHOWN_MAX) this.#facts.splice(0, SHOWN_MAX);
      this.#seq += 1;
      promise(fact.seq === this.#seq, () => `facts are numbered without a gap: ${fact.seq} follows ${this.#seq - 1}`);
      this.#accounts.see(fact);
      this.#limits.see(fact);
      this.#windows.see(fact);
    }
    for (const run of this.#early.values()) this.#accounts.checkBegun(run);
    this.#early.clear();
    const due = nextDeadline(state)?.at ?? Infinity;
    promise(due > state.clock, () => `nothing due is left undone: ${due} at ${state.clock}`);
  }

  #resume(state: TriggerState): void {
    const counted = JSON.stringify(recount(state));
    const claimed = JSON.stringify(recount.claimed(state));
    promise(counted === claimed, () => `totals are right: ${claimed} are claimed, ${counted} are counted`);
  }

  /** Senders fall silent and people go home; then everything has to get out. */
  #settle(): void {
    this.#senders.isSilent = true;
    this.#operators.areHome = true;
    this.#runs.settled = true;
    this.#drain();
    this.#give({ kind: 'resume' });
    const keys = Array.from(this.#instance.state.keys.keys());
    for (const key of keys) this.#give({ kind: 'resume', key });
    this.#closeBreakers();
    this.#drain();
    this.#accounts.check(this.#instance.state);
    this.#expectEmpty();
  }

  #give(order: { readonly kind: 'resume'; readonly key?: string }): void {
    this.#instance.signal({ kind: 'tick' }, { ...order, by: 'the end' });
    this.#agenda.advance(this.#agenda.now + HOUR);
  }

  #closeBreakers(): void {
    const { definition, keys } = this.#instance.state;
    if (!definition.breaker) return;
    const names = definition.breaker.scope === 'key' ? [...keys.keys()] : [undefined];
    for (const key of names) {
      this.#instance.signal({ kind: 'breaker', to: 'closed', by: 'the end', ...(key !== undefined && { key }) });
    }
  }

  /** Time passes until nothing waits, or for as long as less and less does. */
  #drain(): void {
    let least = this.#waits();
    let leastAt = this.#agenda.now;
    while (least > 0 && this.#agenda.nextAt < leastAt + STANDSTILL_MS) {
      this.#agenda.advance(this.#agenda.nextAt);
      const waits = this.#waits();
      if (waits >= least) continue;
      least = waits;
      leastAt = this.#agenda.now;
    }
  }

  /** How much waits: events, what people fired, and what is on its way. Fallbacks come again and again. */
  #waits(): number {
    const { pendingItems, starting, keys } = this.#instance.state;
    let waits = pendingItems + starting.size + this.#instance.undecided;
    for (const { waiting } of keys.values()) {
      for (const { cause } of waiting ?? []) if (cause !== 'fallback') waits += 1;
    }
    return waits;
  }

  /** Nothing waits for ever, except what only more events would let go. */
  #expectEmpty(): void {
    const { state } = this.#instance;
    const { hours } = state.definition;
    const neverOpens = hours?.allow.length === 0;
    for (const [name, { window, waiting }] of state.keys) {
      const open = window && window.items.length > 0 && window.dueAt !== undefined;
      promise(!open, () => `nothing waits for ever: a window of ${JSON.stringify(name)} is still open`);
      const [first] = neverOpens ? [] : (waiting ?? []).filter(({ cause }) => cause !== 'fallback');
      promise(first === undefined, () => {
        return `nothing waits for ever: ${first?.cause} of ${JSON.stringify(name)} waits at ${first?.stage} since ${first?.sinceAt}`;
      });
    }
    promise(state.starting.size === 0, () => `nothing waits for ever: ${state.starting.size} runs for their start`);
  }
}

function inputOf(told: Told) {
  if (told.kind === 'runEnded') return told;
  const { runId, key, firedAt } = told.run;
  return { kind: 'runApproved', report: { runId, key, firedAt, approvedAt: told.approvedAt } } as const;
}
