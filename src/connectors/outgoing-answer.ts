import { STATUS_CODES } from 'node:http';

import type { HttpExchange } from './outgoing-request.ts';
import { excerpt } from './reply.ts';
import type { Redactor } from './secrets.ts';
import type { NotStartedOutcome, UnknownOutcome } from './target.ts';

/** What is quoted of an answer: enough for an error sentence, too little to carry a page. */
export const REPLY_EXCERPT_MAX_CHARS = 200;
/** The longest wait a target may ask for: past a day it is a mistake, and a run would sleep unseen. */
export const RETRY_AFTER_MAX_MS = 86_400_000;

/** 4xx answers that say "later", not "no": RFC 9110 section 15.5.9, RFC 8470, RFC 6585. */
const TRANSIENT_4XX: ReadonlySet<number> = new Set([408, 425, 429]);

const HINTS: Readonly<Record<number, string>> = {
  401: 'Is the credential right?',
  403: 'May the credential start this?',
  404: 'Was the pipeline renamed or moved?',
  409: 'It has something else under this run id, or in this state; look there before replaying.',
  410: 'Was the pipeline renamed or moved?',
};

export type Answered = Extract<HttpExchange, { kind: 'answered' }>;

export function isSuccess({ status }: Answered): boolean {
  return status >= 200 && status < 300;
}

/** `Retry-After` in milliseconds (RFC 9110 section 10.2.3: seconds or a date), at most RETRY_AFTER_MAX_MS. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS);
}

/**
 * What an exchange without a 2xx means for a start: an error status is taken as the word of the other side that nothing
 * started, a 504 and a lost answer leave it open. `about` names the target and the place; `hints` say what a status may
 * come from where that differs.
 */
export function failedStart(
  about: string,
  came: HttpExchange,
  redact: Redactor,
  hints: Readonly<Record<number, string>> = {},
): NotStartedOutcome | UnknownOutcome {
  if (came.kind === 'notSent') return unavailable(`${about}: not reached: ${redact.text(came.detail)}.`);
  if (came.kind === 'lost') {
    const detail = `${about}: the request went out and no answer came back: ${redact.text(came.detail)}.`;
    return { kind: 'unknown', detail };
  }
  const { status } = came;
  const phrase = STATUS_CODES[status] ?? '';
  const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
  const answered = [`${about}: answered ${status} ${phrase}`.trim(), said].filter((part) => part !== '').join(': ');
  if (status < 400) {
    const location = excerpt(redact.text(came.headers.location ?? 'nowhere'), REPLY_EXCERPT_MAX_CHARS);
    return refused(`${answered}. It redirects to ${location}; redirects are not followed: put the final URL there.`);
  }
  if (status < 500 && !TRANSIENT_4XX.has(status))
    return refused([answered, hints[status] ?? HINTS[status] ?? ''].join('. ').trim());
  if (status === 504) return { kind: 'unknown', detail: `${answered}. What is behind the gateway may have started.` };
  const wait = retryAfterMs(came.headers['retry-after'], Date.now());
  return wait === undefined ? unavailable(answered) : { ...unavailable(answered), retryAfterMs: wait };
}

/** Nothing started, and trying the same again is pointless. */
export function refused(detail: string): NotStartedOutcome {
  return { kind: 'notStarted', code: 'target_rejected', detail, permanent: true };
}

/** Nothing started, and it may start later. */
export function unavailable(detail: string): NotStartedOutcome {
  return { kind: 'notStarted', code: 'target_unavailable', detail, permanent: false };
}

/** Nothing started, for a secret that the definition names is not there. */
export function secretMissing(detail: string): NotStartedOutcome {
  return { kind: 'notStarted', code: 'secret_missing', detail, permanent: true };
}
