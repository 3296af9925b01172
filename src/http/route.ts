import type { Refusal } from '../errors.ts';
import type { Answer, Exchange } from './exchange.ts';

/** One row of the table that the router, the guards, 405 answers and the OpenAPI document are built of. */
export type Route = {
  readonly method: 'get' | 'post' | 'options';
  /** Express path; parameters are `:name` segments. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Reachable without the token. */
  readonly open?: true;
  /** Reachable under any Host, for probes by address. */
  readonly anyHost?: true;
  /** Media types of a request body. */
  readonly accepts?: readonly string[];
  /** Statuses of good answers; errors are the same everywhere. */
  readonly answers: { readonly [status: string]: string };
  /** Decides who may call, in place of the token. */
  readonly authenticate?: (exchange: Exchange) => Refusal | undefined;
  /** Refusals of this route count as events of this source that were not taken; undefined: of none. */
  readonly source?: (exchange: Exchange) => string | undefined;
  readonly handle: (exchange: Exchange) => Promise<Answer> | Answer;
};
