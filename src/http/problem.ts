import { ERROR_CATALOGUE, type ErrorCode, type Refusal, type Violation } from '../errors.ts';

/** Seconds to wait where a refusal that can help itself names none. */
const RETRY_AFTER_SECONDS = 1;

/** The body of every error answer: `application/problem+json` (RFC 9457) with a stable code, a remedy and the places. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly requestId: string;
  readonly violations?: readonly Violation[];
};

/** The problem document of a refusal. Its `type` is a stable name, not an address. */
export function problemOf({ code, detail, violations }: Refusal, requestId: string): Problem {
  const { status, remedy, retryable } = ERROR_CATALOGUE[code];
  const title = code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ');
  const problem = { type: `urn:signalbox:error:${code}`, title, status, detail, code, remedy, retryable, requestId };
  return violations === undefined ? problem : { ...problem, violations };
}

/** Seconds for the Retry-After header; undefined where sending the same again cannot help. */
export function retryAfterSeconds({ code, retryAfterSeconds: seconds }: Refusal): number | undefined {
  if (seconds !== undefined) return Math.max(1, Math.ceil(seconds));
  return ERROR_CATALOGUE[code].retryable ? RETRY_AFTER_SECONDS : undefined;
}
