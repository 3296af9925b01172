import { setTimeout as delay } from 'node:timers/promises';

import { Connection, defaultGrpcRetryOptions, isGrpcServiceError, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions, GrpcRetryOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

import { AHEAD } from '../contract/definitions.ts';

/** The server to talk to: one address without credentials (the embedded one), or what TEMPORAL_* and a profile say. */
export type TemporalTarget =
  | { readonly kind: 'address'; readonly address: string; readonly namespace: string }
  | { readonly kind: 'environment' };

export type ConnectFailure = { readonly ok: false; readonly message: string; readonly remedy: string };
export type ClientConnection = { readonly ok: true; readonly connection: Connection; readonly namespace: string };
export type WorkerConnection = { readonly ok: true; readonly connection: NativeConnection; readonly namespace: string };

/** How long a service waits at start for a server that is only just coming up (compose starts both at once). */
const CONNECT_TIMEOUT_MS = 60_000;
/** One try; a dead address mostly refuses at once. */
const TRY_TIMEOUT_MS = 2_000;
const BETWEEN_TRIES_MS = 50;

/**
 * The SDK waits 1.4 to 2 s before it repeats a refused call, which is what a workflow that is just continuing as new
 * answers: an acknowledgement would stall that long. Callers bound the whole with `connection.withDeadline`, whose end
 * cuts retries too and surfaces as DEADLINE_EXCEEDED. The SDK's decider, kept here, is asked for code 0 as well.
 */
const RETRY = { initialIntervalMs: () => 50, factor: 1.4, maxAttempts: 30 } as const;

const RETRIED_BY_SDK = defaultGrpcRetryOptions(RETRY);
const RETRIED: GrpcRetryOptions = {
  ...RETRIED_BY_SDK,
  retryableDecider: (attempt, status) =>
    RETRIED_BY_SDK.retryableDecider(attempt, status) || (attempt < RETRY.maxAttempts && status.details.includes(AHEAD)),
};

/**
 * gRPC waits up to two minutes between two tries to connect: events would be refused that long after an outage is over.
 * Tries on a loopback address, or on the one of a load balancer, cost next to nothing.
 */
const CHANNEL = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1_000 } as const;

/** PERMISSION_DENIED and UNAUTHENTICATED: waiting does not make a credential right. */
const REFUSALS: ReadonlySet<number> = new Set([7, 16]);

/**
 * Connects a client and waits until the namespace answers, at most `timeoutMs`. The caller closes the connection.
 * A configuration that cannot be used, and a server that does not come, are answers, not exceptions.
 */
export async function connectClient(
  target: TemporalTarget,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
  signal?: AbortSignal,
): Promise<ClientConnection | ConnectFailure> {
  const resolved = resolveTarget(target);
  if (!resolved.ok) return resolved;
  const { options, namespace, address } = resolved;
  const interceptors = [makeGrpcRetryInterceptor(RETRIED)];
  const connection = Connection.lazy({ ...options, interceptors, channelArgs: CHANNEL });
  const until = Date.now() + timeoutMs;
  let problem = 'no try was made';
  while (Date.now() < until && signal?.aborted !== true) {
    try {
      const deadline = Math.min(until, Date.now() + TRY_TIMEOUT_MS);
      await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
      return { ok: true, connection, namespace };
    } catch (error) {
      problem = messageOf(error);
      if (isGrpcServiceError(error) && REFUSALS.has(error.code)) break;
    }
    await delay(BETWEEN_TRIES_MS);
  }
  await connection.close();
  return unreachable(address, namespace, problem);
}

/** Connects a worker's native connection, with the same waiting and the same answers. */
export async function connectWorker(
  target: TemporalTarget,
  timeoutMs: number = CONNECT_TIMEOUT_MS,
): Promise<WorkerConnection | ConnectFailure> {
  const resolved = resolveTarget(target);
  if (!resolved.ok) return resolved;
  const { options, namespace, address } = resolved;
  const until = Date.now() + timeoutMs;
  let problem = 'no try was made';
  while (Date.now() < until) {
    try {
      return { ok: true, connection: await NativeConnection.connect(options), namespace };
    } catch (error) {
      problem = messageOf(error);
    }
    await delay(BETWEEN_TRIES_MS);
  }
  return unreachable(address, namespace, problem);
}

type Resolved = {
  readonly ok: true;
  readonly options: Pick<ConnectionOptions, 'address' | 'tls' | 'metadata'> & { readonly apiKey?: string };
  readonly namespace: string;
  readonly address: string;
};

/** Addresses of the environment are read by envconfig alone: variables over the profile over the file. */
function resolveTarget(target: TemporalTarget): Resolved | ConnectFailure {
  if (target.kind === 'address') {
    const { address, namespace } = target;
    return { ok: true, options: { address }, namespace, address };
  }
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    const { address = 'localhost:7233', tls, metadata, apiKey } = connectionOptions;
    const options = {
      address,
      ...(tls !== undefined && tls !== null && { tls }),
      ...(metadata !== undefined && { metadata }),
      ...(typeof apiKey === 'string' && { apiKey }),
    };
    return { ok: true, options, namespace, address };
  } catch (error) {
    const remedy = 'Correct TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE or the TEMPORAL_TLS_ variables.';
    return { ok: false, message: `The Temporal settings cannot be used: ${messageOf(error)}`, remedy };
  }
}

function unreachable(address: string, namespace: string, problem: string): ConnectFailure {
  const message = `Temporal at ${address}, namespace ${namespace}, does not answer: ${problem}`;
  const remedy = 'Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, credentials and whether the server runs.';
  return { ok: false, message, remedy };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
