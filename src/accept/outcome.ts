import type { Lineage, Replayed } from '../core/lineage.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
import type { CloudEvent } from '../spec/event.ts';

/** An event on its way in, after verification and decoding. */
export type IncomingEvent = {
  readonly event: CloudEvent;
  /** The Source it came in through; `events` for POST /events. */
  readonly source: string;
  /** When the request's first byte arrived, epoch milliseconds. */
  readonly receivedAt: number;
  /** W3C trace context of the request or the event; carried to the target. */
  readonly traceparent?: string;
  /** Of an event that a run emitted; no door from outside sets it. */
  readonly lineage?: Lineage;
  /** Of an event that was stored and comes once more, which makes it another event; no door from outside sets it. */
  readonly replayed?: Replayed;
};

/** Where one event went: durable for every trigger named here. */
export type AcceptedEvent = {
  readonly eventId: string;
  readonly source: string;
  readonly id: string;
  readonly triggers: readonly { readonly trigger: string; readonly key: string; readonly workflowId: string }[];
};

/** An event that one trigger could not evaluate; durable in an open dead-letter workflow. */
export type DeadLetteredEvent = {
  /** Position in the batch. */
  readonly index: number;
  readonly trigger: string;
  readonly code: ErrorCode;
  /** Place in the trigger's spec, as an RFC 6901 pointer. */
  readonly pointer: string;
  readonly detail: string;
  readonly deadLetterId: string;
};

/** What an instance decided about one event; `pending` where no decision fell within the wait. */
export type Verdict =
  | { readonly kind: 'suppressed'; readonly stage: string; readonly reason: string }
  | { readonly kind: 'started'; readonly runId: string; readonly cause: string }
  | { readonly kind: 'deadLettered'; readonly code: ErrorCode }
  | { readonly kind: 'pending' };

/** A verdict about one event of a request, by one trigger. */
export type EventVerdict = { readonly eventId: string; readonly trigger: string; readonly key: string } & Verdict;

/** An event that no trigger took or failed on. */
export type UnmatchedEvent = {
  readonly eventId: string;
  /** The trigger that came closest, and the first clause of it that the event does not fit; absent where none is near. */
  readonly nearest?: { readonly trigger: string; readonly pointer: string; readonly reason: string };
};

/** The answer of the accepting side; HTTP turns it into a status in one place. */
export type AcceptOutcome =
  | {
      readonly kind: 'accepted';
      readonly accepted: readonly AcceptedEvent[];
      readonly deadLettered: readonly DeadLetteredEvent[];
      /** Present when the caller waited and every verdict fell in time. */
      readonly verdicts?: readonly EventVerdict[];
      /** Present with `verdicts`. */
      readonly unmatched?: readonly UnmatchedEvent[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The accepting side: match, map, commit. Resolves only after Temporal acknowledged. */
export type Accept = (
  events: readonly IncomingEvent[],
  options: {
    readonly waitMs?: number;
    /** Offers them to this trigger alone. */
    readonly only?: string;
    /** What fails on a trigger is answered, and goes to no dead letter: it is in one. */
    readonly inLetter?: true;
  },
) => Promise<AcceptOutcome>;
