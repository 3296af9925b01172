import { ApplicationFailure } from '@temporalio/common';

/** One catalogue row: the HTTP status it is answered with, whether sending the same again can help, and what to do. */
type CatalogueEntry = { readonly status: number; readonly retryable: boolean; readonly remedy: string };

/**
 * Every error code Signalbox answers, records or logs. Codes are part of the public contract: they are never reused for
 * another meaning. `docs/errors.md` lists them and a test compares the two.
 */
export const ERROR_CATALOGUE = {
  malformed_json: { status: 400, retryable: false, remedy: 'Send one valid JSON document in UTF-8.' },
  malformed_event: { status: 400, retryable: false, remedy: 'Send a CloudEvent 1.0: see the violations.' },
  too_complex: {
    status: 400,
    retryable: false,
    remedy: 'Keep events within depth 32 and 10,000 leaves; send references instead of large documents.',
  },
  forbidden_member: {
    status: 400,
    retryable: false,
    remedy: 'Remove members named __proto__, constructor or prototype, and members that stand twice.',
  },
  invalid_unicode: { status: 400, retryable: false, remedy: 'Send well-formed UTF-8 without lone surrogates.' },
  malformed_request: { status: 400, retryable: false, remedy: 'Correct the request as the detail says.' },
  duplicate_header: { status: 400, retryable: false, remedy: 'Send each credential and each ce- header once.' },
  unauthenticated: { status: 401, retryable: false, remedy: 'Send Authorization: Bearer with the configured token.' },
  host_not_allowed: {
    status: 403,
    retryable: false,
    remedy: 'Call by a loopback name, or add the host to SIGNALBOX_ALLOWED_HOSTS.',
  },
  cross_site: {
    status: 403,
    retryable: false,
    remedy: 'Call from a program or from the same site, not from a web page.',
  },
  not_found: { status: 404, retryable: false, remedy: 'Check the path and the name.' },
  event_unknown: {
    status: 404,
    retryable: false,
    remedy:
      'Check the id with `signalbox tail`. An event from before the retention, or from while the store was off or down, is not kept; a rebuild from history restores those that triggers took.',
  },
  method_not_allowed: { status: 405, retryable: false, remedy: 'Use a method that the Allow header names.' },
  slow_body: { status: 408, retryable: true, remedy: 'Send the whole request within 30 seconds.' },
  too_large: {
    status: 413,
    retryable: false,
    remedy: 'Keep an event within 256 KB and a batch within 1,000 events and 4 MB.',
  },
  headers_too_large: { status: 431, retryable: false, remedy: 'Keep all headers together under 16 KB.' },
  unsupported_content_type: {
    status: 415,
    retryable: false,
    remedy: 'Use application/cloudevents+json, application/cloudevents-batch+json, or ce- headers with a content type.',
  },
  unsupported_content_encoding: { status: 415, retryable: false, remedy: 'Send the body without Content-Encoding.' },
  invalid_pattern: { status: 400, retryable: false, remedy: 'Correct the pattern where the pointer says.' },
  invalid_expression: { status: 400, retryable: false, remedy: 'Correct the expression where the pointer says.' },
  saturated: {
    status: 503,
    retryable: true,
    remedy:
      'The trigger takes no more for now, and its limits are fixed. Send the same again after Retry-After. If it lasts, send slower, shorten its debounce and cooldown, or use fewer keys.',
  },
  temporal_unavailable: {
    status: 503,
    retryable: true,
    remedy: 'Temporal did not acknowledge in time. Send the same event again after Retry-After.',
  },
  probe_unanswered: {
    status: 503,
    retryable: true,
    remedy: 'See that a worker runs and that Temporal answers (signalbox doctor), then probe again.',
  },
  store_unavailable: {
    status: 503,
    retryable: true,
    remedy:
      'The store is opening, busy or away (see /readyz). Events are accepted meanwhile; ask again after Retry-After.',
  },
  store_off: {
    status: 409,
    retryable: false,
    remedy:
      'This process keeps no store. Set DATABASE_URL where serve and worker are separate processes, leave SIGNALBOX_STORE unset, and restart.',
  },
  source_misconfigured: {
    status: 503,
    retryable: true,
    remedy:
      'The Source cannot verify who sends: set the secret that its auth names (see the log), then send again after Retry-After.',
  },
  shutting_down: { status: 503, retryable: true, remedy: 'The service is stopping. Send again after Retry-After.' },
  internal: { status: 500, retryable: true, remedy: 'This is a bug: send the log lines of this request id.' },
  filter_error: {
    status: 422,
    retryable: false,
    remedy: 'The `when` expression failed on this event. Correct the expression or the event, then replay.',
  },
  mapping_error: {
    status: 422,
    retryable: false,
    remedy: 'An expression of the trigger failed on this event. Correct it, or give it a $default, then replay.',
  },
  event_id_conflict: {
    status: 409,
    retryable: false,
    remedy: 'Another event with the same source and id came first. Give each event an id of its own.',
  },
  event_late: {
    status: 409,
    retryable: false,
    remedy: 'A later event of its key went on before it. Send events in their order, or give order.holdFor time.',
  },
  part_missing: {
    status: 409,
    retryable: false,
    remedy: 'Not every part of events.all came within the time. Send the missing ones, or make within longer.',
  },
  run_id_conflict: {
    status: 409,
    retryable: false,
    remedy: 'A run with this id and other members exists. Make run.identity tell the two apart.',
  },
  run_ended: { status: 409, retryable: false, remedy: 'Nothing is left to do. Look at the run for how it ended.' },
  already_decided: {
    status: 409,
    retryable: false,
    remedy: 'The first answer stands. Cancel the run if it must not go on, or fire another one.',
  },
  not_waiting: {
    status: 409,
    retryable: false,
    remedy: 'Look at the run: it does not ask for approval, or what it asked is decided.',
  },
  target_missing: {
    status: 422,
    retryable: false,
    remedy: 'The run names a target that is not defined. Define it, then replay.',
  },
  target_rejected: {
    status: 422,
    retryable: false,
    remedy: 'The target refused the start. Correct the target or the params, then replay.',
  },
  target_unavailable: {
    status: 503,
    retryable: true,
    remedy: 'Every attempt to start failed. Bring the target back, then replay.',
  },
  target_unknown: {
    status: 409,
    retryable: false,
    remedy:
      'Whether the target started is unknown. Look there for the run id, then replay or discard; onUnknown: retry if it honours the token.',
  },
  guard_closed: {
    status: 409,
    retryable: false,
    remedy: 'Look at what the guard saw. Replay the dead letter once the run is wanted again, or discard it.',
  },
  lane_full: {
    status: 503,
    retryable: true,
    remedy: 'Too many runs wait for one lane or pool. Look with `signalbox lanes` for what holds it, then replay.',
  },
  pool_missing: {
    status: 422,
    retryable: false,
    remedy: 'The run names a pool that is not defined. Define it, then replay.',
  },
  revert_failed: {
    status: 500,
    retryable: false,
    remedy: 'Look at what serves now and undo by hand what the detail names; nothing is repeated by itself.',
  },
  fan_out_failed: {
    status: 500,
    retryable: false,
    remedy: 'Look at its branches and mend what failed, then replay: branches that succeeded are not called again.',
  },
  letter_closed: {
    status: 409,
    retryable: false,
    remedy: 'It was replayed or discarded, as the detail says. Look at the run it became, or send the event again.',
  },
  letter_replaying: {
    status: 409,
    retryable: false,
    remedy: 'Wait for the replay to come to its end, then look again.',
  },
  replay_ended: {
    status: 409,
    retryable: false,
    remedy: 'Look at how it ended with `signalbox dead-letters replays`. What is still open takes another bulk replay.',
  },
  letter_edited: {
    status: 409,
    retryable: false,
    remedy:
      'Somebody is at work on it: a bulk replay leaves it alone. Replay it by its id, or start another bulk replay.',
  },
  not_editable: {
    status: 409,
    retryable: false,
    remedy: 'Only the parameters of a run can be edited. Correct the definition or send the event anew.',
  },
  replay_refused: {
    status: 409,
    retryable: false,
    remedy: 'The dead letter stays open. Correct what the detail says, then replay it again.',
  },
  nothing_to_replay: {
    status: 409,
    retryable: false,
    remedy: 'Name a span that holds events of the trigger; `signalbox why` says what it did not take, and why.',
  },
  replay_too_large: {
    status: 409,
    retryable: false,
    remedy: 'Replay the span in parts, the next from where the one before ended.',
  },
  already_replayed: {
    status: 409,
    retryable: false,
    remedy: 'Look at that replay. Name a span beside it, or ask for these events again: --again, or "again": true.',
  },
  trigger_paused: {
    status: 409,
    retryable: false,
    remedy: 'Resume the trigger first: what is kept during a pause would all start at its end.',
  },
  not_replayable: {
    status: 409,
    retryable: false,
    remedy: 'It does not hold what a replay needs. Fire the trigger by hand or send the event again, then discard it.',
  },
  not_followed: {
    status: 409,
    retryable: false,
    remedy: 'Only a run whose target is told to call back takes this, from its start to its end.',
  },
  run_failed: {
    status: 422,
    retryable: false,
    remedy: 'The pipeline ran and failed. Look at its output; send a new event to run again.',
  },
  run_timed_out: {
    status: 422,
    retryable: false,
    remedy: 'The pipeline took longer than run.timeout. Raise it or make the pipeline faster.',
  },
  chain_too_long: {
    status: 409,
    retryable: false,
    remedy:
      'Triggers start each other in a circle. Look at the path, and have one of them not take what another emits.',
  },
  secret_missing: {
    status: 422,
    retryable: false,
    remedy: 'Set the environment variable or file the secret refers to.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** One thing that is wrong: where (RFC 6901 pointer into the body, or a header or file place) and what. */
export type Violation = { readonly pointer: string; readonly message: string };

/**
 * An expected refusal on its way to whoever asked. Carried as a value wherever possible; thrown only out of the HTTP
 * layer's own middleware.
 */
export type Refusal = {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly violations?: readonly Violation[];
  /** Seconds the sender should wait; set for every retryable refusal. */
  readonly retryAfterSeconds?: number;
};

/** Builds a refusal. `more` adds violations or a Retry-After in seconds. */
export function refusal(code: ErrorCode, detail: string, more: Omit<Refusal, 'code' | 'detail'> = {}): Refusal {
  return { code, detail, ...more };
}

/** A failure that ends a run: Temporal does not retry it, and its type is the catalogue's code. */
export function terminalFailure(code: ErrorCode, detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(detail, code);
}
