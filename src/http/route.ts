import type { z } from 'zod';

import type { Refusal } from '../errors.ts';
import type { Answer, Exchange } from './exchange.ts';

/** What a good answer says, and its JSON where it has some. */
export type GoodAnswer = { readonly description: string; readonly body?: z.ZodType };

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
  /** The JSON of a request body. */
  readonly body?: z.ZodType;
  /** Members of the query string. */
  readonly query?: z.ZodObject;
  /** Request headers that the route reads, and what each is for. */
  readonly headers?: { readonly [name: string]: string };
  /** Good answers by status, a text alone where there is no JSON; errors are the same everywhere. */
  readonly answers: { readonly [status: string]: GoodAnswer | string };
  /** Decides who may call, in place of the token. */
  readonly authenticate?: (exchange: Exchange) => Refusal | undefined;
  /** Refusals of this route count as events of this source that were not taken; undefined: of none. */
  readonly source?: (exchange: Exchange) => string | undefined;
  readonly handle: (exchange: Exchange) => Promise<Answer> | Answer;
};
