import type { Fact, RunRequest } from '../../src/core/fact.ts';
import { IDENTITIES_MAX } from '../../src/core/limits.ts';
import type { TriggerState } from '../../src/core/state.ts';
import { pendingIds } from '../core/recount.ts';
import { promise } from './violation.ts';

/** What became of one event: how often it was taken in and not decided yet, and in how many runs that really began it is. */
type Account = { open: number; taken: number; begun: number; seenAt: number; takenAs: number };

/**
 * Keeps the books of events: every committed offer is in exactly one of a run, suppressed, dead-lettered or pending, and no
 * event is in two runs, except where dedup has let go of it.
 */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  #offered = 0;
  #taken = 0;
  #copies = 0;
  #conflicts = 0;
  /** The shortest window that dedup ever went by. */
  #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get offered(): number {
    return this.#offered;
  }

  /** An offer was committed and decided upon. */
  offer(): void {
    this.#offered += 1;
  }

  see(fact: Fact): void {
    if (fact.kind === 'definitionAdopted') {
      this.#windowMs = Math.min(this.#windowMs, fact.definition.dedupe.windowMs);
    } else if (fact.kind === 'eventRecorded') {
      this.#take(fact.offer.eventId, fact.seenAt ?? fact.at);
    } else if (fact.kind === 'eventsSuppressed') {
      if (fact.reason.kind === 'duplicate') this.#copies += fact.eventIds.length;
      else for (const eventId of fact.eventIds) this.#decide(eventId, `suppressed by ${fact.stage}`);
    } else if (fact.kind === 'eventDeadLettered') {
      if (fact.stage === 'dedupe') this.#conflicts += 1;
      else this.#decide(fact.eventId, `dead-lettered by ${fact.stage}`);
    } else if (fact.kind === 'runDecided') {
      for (const { eventId } of fact.run.items) this.#decide(eventId, `part of ${fact.run.runId}`);
    }
  }

  /** A run really began: its events are in no other one. */
  begin(run: RunRequest): void {
    for (const { eventId } of run.items) {
      this.#account(eventId).begun += 1;
    }
  }

  /** What began may have begun before its decision was committed; afterwards it must fit. */
  checkBegun(run: RunRequest): void {
    for (const { eventId } of run.items) {
      const { begun = 0, taken = 0 } = this.#accounts.get(eventId) ?? {};
      promise(begun <= taken, () => `nothing twice: ${eventId} was taken in ${taken} times and is in ${begun} runs`);
    }
  }

  /** What the books say is open is what the state holds. */
  check(state: TriggerState): void {
    const kept = pendingCount(state);
    const accounted = this.#taken + this.#copies + this.#conflicts + kept.kept;
    promise(accounted === this.#offered, () => {
      return `nothing lost: ${this.#offered} were offered, ${accounted} are accounted for`;
    });
    const held = new Map(kept.held);
    for (const [eventId, { open }] of this.#accounts) {
      const holds = held.get(eventId) ?? 0;
      promise(open === holds, () => `nothing lost: ${eventId} is open ${open} times and pending ${holds} times`);
      held.delete(eventId);
    }
    promise(held.size === 0, () => `nothing twice: ${[...held.keys()].join(', ')} are pending and were never taken in`);
  }

  #take(eventId: string, seenAt: number): void {
    this.#taken += 1;
    const account = this.#account(eventId);
    const agoMs = seenAt - account.seenAt;
    // An identity by `dedupe.by` uses a place too.
    const isForgotten = this.#taken - account.takenAs > IDENTITIES_MAX / 2;
    promise(account.taken === 0 || agoMs >= this.#windowMs || isForgotten, () => {
      return `nothing twice: ${eventId} was taken in again after ${agoMs} ms, dedup goes by ${this.#windowMs} ms`;
    });
    account.open += 1;
    account.taken += 1;
    account.seenAt = seenAt;
    account.takenAs = this.#taken;
  }

  #account(eventId: string): Account {
    const known = this.#accounts.get(eventId) ?? { open: 0, taken: 0, begun: 0, seenAt: 0, takenAs: 0 };
    this.#accounts.set(eventId, known);
    return known;
  }

  #decide(eventId: string, as: string): void {
    const account = this.#accounts.get(eventId);
    promise(
      account !== undefined && account.open > 0,
      () => `nothing twice: ${eventId} is ${as}, but was decided before`,
    );
    if (account) account.open -= 1;
  }
}

/** How often each event is pending, those kept by a pause aside. */
function pendingCount(state: TriggerState): { readonly held: ReadonlyMap<string, number>; readonly kept: number } {
  const held = new Map<string, number>();
  for (const eventId of pendingIds(state)) held.set(eventId, (held.get(eventId) ?? 0) + 1);
  let kept = 0;
  for (const pause of [state.paused, ...[...state.keys.values()].map((key) => key.paused)]) {
    for (const { eventId } of pause?.kept ?? []) {
      kept += 1;
      const holds = (held.get(eventId) ?? 0) - 1;
      if (holds > 0) held.set(eventId, holds);
      else held.delete(eventId);
    }
  }
  return { held, kept };
}
