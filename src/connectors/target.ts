import type { ErrorCode } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import type { TargetSpec } from '../spec/target.ts';

/** One start of a pipeline, as its target gets it. */
export type StartRequest = {
  /** The token: starting the same run id again never means a second run where the target honours it. */
  readonly runId: string;
  /** What makes this call the same call, where it is not the start of the run: a notification has a token of its own. */
  readonly token?: string;
  readonly trigger: string;
  readonly key: string;
  readonly kind: string;
  readonly step: string;
  readonly cause: string;
  /** RFC 3339. */
  readonly firedAt: string;
  readonly params: Json;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** W3C trace context of the event that fired. */
  readonly traceparent?: string;
  /** Where and with which bearer token the run may be told how it ended; only where that is waited for. */
  readonly callback?: { readonly url: string; readonly token: string };
};

/** The run came to its end. */
export type FinishedOutcome = {
  readonly kind: 'finished';
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
  /** What the target answered, as plain JSON within RESULT_MAX_BYTES; without the secrets we sent. */
  readonly result?: Json;
  readonly detail?: string;
};

/** Nothing runs because of this call. */
export type NotStartedOutcome = {
  readonly kind: 'notStarted';
  readonly code: Extract<ErrorCode, 'mapping_error' | 'secret_missing' | 'target_rejected' | 'target_unavailable'>;
  readonly detail: string;
  /** Whether trying again without a change is pointless. */
  readonly permanent: boolean;
  /** The shortest wait the target asked for. */
  readonly retryAfterMs?: number;
};

/** It may have started: the answer was lost, or whoever watched it died. */
export type UnknownOutcome = { readonly kind: 'unknown'; readonly detail: string };

/** It goes on at the target. `handle` is all that watching and cancelling need: plain JSON within HANDLE_MAX_BYTES. */
type StartedOutcome = {
  readonly kind: 'started';
  readonly handle: Json;
  /** What it answered, as plain JSON within RESULT_MAX_BYTES: settings that are about what was started see it. */
  readonly result?: Json;
  /** How long after one look the next is due. Absent: nobody can look, a callback says how it ended. */
  readonly everyMs?: number;
  /** Where a person sees the run at the target. */
  readonly link?: string;
  readonly detail?: string;
};

/** What became of a start. Texts are bounded and free of the secrets we resolved. */
export type StartOutcome = StartedOutcome | FinishedOutcome | NotStartedOutcome | UnknownOutcome;

/** Nobody can say now; worth asking again. */
export type UnreachableOutcome = {
  readonly kind: 'unreachable';
  readonly detail: string;
  readonly retryAfterMs?: number;
};

/** What one look at a started run found. */
export type WatchOutcome =
  | { readonly kind: 'running'; readonly detail?: string }
  | FinishedOutcome
  /** The target does not know it, or not any more. */
  | { readonly kind: 'gone'; readonly detail: string }
  | UnreachableOutcome;

/** What a look-up by token found after the answer to a start was lost. */
type FindOutcome = StartedOutcome | FinishedOutcome | { readonly kind: 'notFound' } | UnreachableOutcome;

/** What became of the wish that a started run ends. */
export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  /** It had ended, or is not there. */
  | { readonly kind: 'over'; readonly detail: string }
  /** It may go on. */
  | { readonly kind: 'failed'; readonly detail: string };

/** Whether a target could be used now; nothing was started. */
export type ProbeOutcome =
  | { readonly kind: 'ready'; readonly detail: string }
  | { readonly kind: 'notReady'; readonly detail: string };

/** The part of a logger that a target uses. */
type TargetLog = Readonly<
  Record<'info' | 'warn', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>;

/** Evaluates bare CEL: for the conditions of a definition that look at an answer. */
type Evaluate = (
  expression: string,
  variables: { readonly [name: string]: Json },
) => { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string };

/** What surrounds one call. */
export type CallContext = {
  /** Ends the call; what it started is stopped where that is possible. */
  readonly signal: AbortSignal;
  /** Says that the call is alive; called at least every HEARTBEAT_EVERY_MS by targets that run long. */
  heartbeat(detail?: string): void;
  readonly log: TargetLog;
  readonly evaluate: Evaluate;
};

/** What an address answered to a question that changes nothing. `body` is JSON where it is, else text. */
type AskOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly body: Json }
  | { readonly kind: 'unreachable'; readonly detail: string };

/**
 * A place where pipelines run. Never rejects for what the target or the network does. Only `start` is required; what is
 * absent this target cannot do, and whoever asks says so.
 */
export type Target = {
  start(request: StartRequest, context: CallContext): Promise<StartOutcome>;
  /** Starting one token again never makes a second run, so a start whose answer was lost is simply repeated. */
  readonly repeatable?: true;
  /** Looks for a start by its token. Of a target without `repeatable` this settles a start whose answer was lost. */
  find?(request: StartRequest, context: CallContext): Promise<FindOutcome>;
  /** Looks once at what `start` or `find` answered as started. */
  watch?(handle: Json, request: StartRequest, context: CallContext): Promise<WatchOutcome>;
  /** Asks it to end what was started. */
  cancel?(handle: Json, request: StartRequest, context: CallContext): Promise<CancelOutcome>;
  /** Asks its address, without starting anything. */
  ask?(request: StartRequest, context: CallContext): Promise<AskOutcome>;
  /** Whether it answers, takes our credentials and has what the definition names. */
  probe?(context: CallContext): Promise<ProbeOutcome>;
};

/** A checked definition whose templates are resolved already; secrets are references still. */
export type LoadedTarget<Spec = TargetSpec> = {
  readonly name: string;
  /** Absolute path of the folder of the file that defines it. */
  readonly directory: string;
  readonly spec: Spec;
};

/** Resolves `env:NAME` or `file:/path`; `detail` names the reference, never a value. */
export type ResolveSecret = (
  ref: string,
) => { readonly ok: true; readonly value: string } | { readonly ok: false; readonly detail: string };

/** What targets need of the process they run in. */
export type TargetDeps = {
  readonly resolveSecret: ResolveSecret;
  /** Absolute path; commands keep what they did under `runs/<run id>` in it. */
  readonly stateDirectory: string;
  /** The process's environment, of which commands inherit INHERITED_VARIABLES. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** Largest handle: it is written into history with the start and with every call about it. */
export const HANDLE_MAX_BYTES = 4_096;

/** Shortest interval a watcher can count on between two heartbeats of a running target. */
export const HEARTBEAT_EVERY_MS = 2_000;

/** The JSON that targets get by default: on standard input, or as the request's body. */
export function runDocument(request: StartRequest): Json {
  const { runId, trigger, key, kind, step, cause, firedAt, params, callback } = request;
  return { runId, trigger, key, kind, step, cause, firedAt, params, ...(callback && { callback }) };
}
