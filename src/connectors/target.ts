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
type UnknownOutcome = { readonly kind: 'unknown'; readonly detail: string };

/** What became of a start. Texts are bounded and free of the secrets we resolved. */
export type StartOutcome = FinishedOutcome | NotStartedOutcome | UnknownOutcome;

/** The part of a logger that a target uses. */
type TargetLog = Readonly<
  Record<'info' | 'warn', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>;

/** What surrounds one call. */
export type StartContext = {
  /** Ends the call; what it started is stopped where that is possible. */
  readonly signal: AbortSignal;
  /** Says that the call is alive; called at least every HEARTBEAT_EVERY_MS by targets that run long. */
  heartbeat(detail?: string): void;
  readonly log: TargetLog;
};

/** A place where pipelines run. Never rejects for what the target or the network does. */
export type Target = {
  start(request: StartRequest, context: StartContext): Promise<StartOutcome>;
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

/** Shortest interval a watcher can count on between two heartbeats of a running target. */
export const HEARTBEAT_EVERY_MS = 2_000;

/** The JSON that targets get by default: on standard input, or as the request's body. */
export function runDocument(request: StartRequest): Json {
  const { runId, trigger, key, kind, step, cause, firedAt, params } = request;
  return { runId, trigger, key, kind, step, cause, firedAt, params };
}
