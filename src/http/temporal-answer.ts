import { refusal, type Refusal } from '../errors.ts';

/** The answer where no run has the id. */
export function noRun(runId: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal('not_found', `No run has the id ${runId.slice(0, 100)}.`) };
}

/** The answer where Temporal did not. */
export function away(error: unknown): { readonly ok: false; readonly refusal: Refusal } {
  const detail = error instanceof Error ? error.message : String(error);
  return { ok: false, refusal: refusal('temporal_unavailable', detail, { retryAfterSeconds: 1 }) };
}
