import type { Cause, DeadLetterCode, Fact } from './fact.ts';
import type { Offer } from './offer.ts';
import type { Reason, StageName } from './reason.ts';

/** An offer whose sender may ask for its verdict by this delivery id. */
export type Delivery = Offer & { readonly wait?: string };

/** What became of a delivered event, as far as the instance knows. */
export type InstanceVerdict =
  | { readonly kind: 'suppressed'; readonly stage: StageName; readonly reason: Reason }
  | { readonly kind: 'started'; readonly runId: string; readonly cause: Cause }
  | { readonly kind: 'deadLettered'; readonly code: DeadLetterCode }
  | { readonly kind: 'pending' };

/** Verdicts kept for callers that have not asked yet; the oldest goes first, its caller gets the plain answer. */
const KEPT_MAX = 256;

const PENDING: InstanceVerdict = { kind: 'pending' };

/** Verdicts for callers that wait, by delivery id. Not carried over continue-as-new: a caller then gets `pending`. */
export class Verdicts {
  private readonly verdicts = new Map<string, InstanceVerdict>();
  private readonly deliveries = new Map<string, Set<string>>();
  private readonly decided = new Map<string, InstanceVerdict>();

  /** Takes note of a delivery about which somebody will ask. Call it before its facts. */
  expect(delivery: Delivery): void {
    if (delivery.wait === undefined) return;
    this.verdicts.set(delivery.wait, PENDING);
    const waiting = this.deliveries.get(delivery.eventId) ?? new Set();
    this.deliveries.set(delivery.eventId, waiting.add(delivery.wait));
    const oldest = this.verdicts.keys().next();
    if (this.verdicts.size > KEPT_MAX && !oldest.done) this.forget(oldest.value);
  }

  /** Learns from a fact of the step of `current`, if it was a delivery; a start counts once it is confirmed. */
  observe(fact: Fact, current?: Delivery): void {
    if (this.verdicts.size === 0) return;
    if (fact.kind === 'eventsSuppressed') {
      const { stage, reason } = fact;
      if (reason.kind === 'duplicate') return this.settleDelivery(current, { kind: 'suppressed', stage, reason });
      for (const eventId of fact.eventIds) this.settle(eventId, { kind: 'suppressed', stage, reason });
    } else if (fact.kind === 'eventDeadLettered') {
      const verdict = { kind: 'deadLettered', code: fact.code } as const;
      if (fact.stage === 'dedupe') this.settleDelivery(current, verdict);
      else this.settle(fact.eventId, verdict);
    } else if (fact.kind === 'runDecided') {
      const { runId, cause, items } = fact.run;
      const awaited = items.filter((item) => this.deliveries.has(item.eventId));
      if (awaited.length > 0) this.decided.set(runId, { kind: 'started', runId, cause });
      for (const { eventId } of awaited) this.moveToRun(eventId, runId);
    } else if (fact.kind === 'startReported') {
      const { runId, outcome } = fact.report;
      const started = this.decided.get(runId) ?? PENDING;
      this.settle(runId, outcome === 'conflict' ? { kind: 'deadLettered', code: 'run_id_conflict' } : started);
      this.decided.delete(runId);
    }
  }

  /** The verdicts of these deliveries, and whether all are known. */
  ask(waits: readonly string[]): { readonly verdicts: readonly InstanceVerdict[]; readonly complete: boolean } {
    const verdicts = waits.map((wait) => this.verdicts.get(wait) ?? PENDING);
    return { verdicts, complete: waits.every((wait) => this.verdicts.get(wait)?.kind !== 'pending') };
  }

  private moveToRun(eventId: string, runId: string): void {
    const waiting = this.deliveries.get(runId) ?? new Set();
    for (const wait of this.deliveries.get(eventId) ?? []) waiting.add(wait);
    this.deliveries.set(runId, waiting);
    this.deliveries.delete(eventId);
  }

  /** About this delivery alone: an earlier one of the same event goes on waiting. */
  private settleDelivery(delivery: Delivery | undefined, verdict: InstanceVerdict): void {
    if (delivery?.wait === undefined) return;
    this.verdicts.set(delivery.wait, verdict);
    this.deliveries.get(delivery.eventId)?.delete(delivery.wait);
  }

  private settle(of: string, verdict: InstanceVerdict): void {
    for (const wait of this.deliveries.get(of) ?? []) this.verdicts.set(wait, verdict);
    this.deliveries.delete(of);
  }

  private forget(wait: string): void {
    this.verdicts.delete(wait);
    for (const [of, waiting] of this.deliveries) {
      if (waiting.delete(wait) && waiting.size === 0) this.deliveries.delete(of);
    }
  }
}
