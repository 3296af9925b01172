import type { Accept } from '../accept/outcome.ts';
import type { Source } from '../connectors/source.ts';
import type { StrictJson } from '../connectors/strict-json.ts';
import type { ResolveSecret } from '../connectors/target.ts';
import type { Definitions } from '../load/definitions.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { StoreReader } from '../store/store.ts';
import type { ReceivingSpec } from '../spec/source.ts';
import type { ExplainApi } from './explain-api.ts';
import type { OperateApi } from './operate-api.ts';
import type { ProbeTrigger } from './probe.ts';
import type { RebuildApi } from './rebuild-api.ts';
import type { ReadApi } from './read-api.ts';

/** Whether the service can do its work, and each thing that was looked at. */
export type Readiness = {
  readonly ready: boolean;
  readonly checks: { readonly [name: string]: { readonly ok: boolean; readonly detail: string } };
};

/** Everything the HTTP layer is given. */
export type HttpDependencies = {
  readonly accept: Accept;
  /** How POST /events is read. */
  readonly events: Source;
  /** The Sources that are defined now, by name. */
  readonly sources: () => Definitions['sources'];
  /** How requests to a Source are read. */
  /** All definitions as they are now. */
  readonly definitions: () => Definitions;
  /** Whole events of the store, in the order of their arrival. */
  readonly eventsBetween: StoreReader['eventsBetween'];
  readonly createSource: (spec: ReceivingSpec) => Source;
  readonly resolveSecret: ResolveSecret;
  readonly parseJson: (bytes: Uint8Array) => StrictJson;
  readonly read: ReadApi;
  readonly explain: ExplainApi;
  readonly operate: OperateApi;
  readonly probe: ProbeTrigger;
  /** Whether a bearer token is that of the run's callback. */
  readonly isCallbackToken: (runId: string, token: string) => boolean;
  readonly rebuild: RebuildApi;
  readonly readiness: () => Promise<Readiness>;
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'count' | 'set' | 'observe' | 'text' | 'contentType'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The bearer that guards every route but /healthz, OPTIONS, and Sources with a bearer of their own. */
  readonly token?: string;
  /** Hosts to answer to besides loopback. */
  readonly allowedHosts?: readonly string[];
  readonly version?: string;
  readonly timing?: Partial<HttpTiming>;
};

/** Bounds in time, in milliseconds. */
export type HttpTiming = {
  /** From the first byte to the end of the head: real clients need one round trip. */
  readonly headersMs: number;
  /** From the first byte to the end of the body: 4 MB over a slow mobile line. */
  readonly requestMs: number;
  /** How often the two above are looked at. */
  readonly checkMs: number;
  /** How long the rest of a refused body is read and thrown away, so that its sender sees the answer. */
  readonly lingerMs: number;
  /** How long a close waits for what is under way; above the commit deadline of 8 s. */
  readonly closeMs: number;
};

export const HTTP_TIMING: HttpTiming = {
  headersMs: 10_000,
  requestMs: 30_000,
  checkMs: 3_000,
  lingerMs: 1_000,
  closeMs: 15_000,
};
