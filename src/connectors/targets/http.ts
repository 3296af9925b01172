import { STATUS_CODES } from 'node:http';

import type { HttpTargetSpec, TargetSpec } from '../../spec/target.ts';
import type { HttpCall, HttpExchange } from '../outgoing-request.ts';
import { exchange } from '../outgoing-request.ts';
import { excerpt, parseJson, RESULT_MAX_BYTES } from '../reply.ts';
import type { Redactor } from '../secrets.ts';
import { resolveSettings } from '../secrets.ts';
import type { LoadedTarget, NotStartedOutcome, StartOutcome, StartRequest, Target, TargetDeps } from '../target.ts';
import { runDocument } from '../target.ts';

/** What is quoted of an answer: enough for an error sentence, too little to carry a page. */
const REPLY_EXCERPT_MAX_CHARS = 200;
/** The longest wait a target may ask for: past a day it is a mistake, and a run would sleep unseen. */
export const RETRY_AFTER_MAX_MS = 86_400_000;

/** Headers that say where the message ends, where it goes, or which run it is: never taken from a definition. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110 section 5.5: visible characters, space, tab and obs-text; so neither CR, LF nor NUL. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** W3C Trace Context, section 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** 4xx answers that say "later", not "no": RFC 9110 section 15.5.9, RFC 8470, RFC 6585. */
const TRANSIENT_4XX: ReadonlySet<number> = new Set([408, 425, 429]);

const HINTS: Readonly<Record<number, string>> = {
  401: 'Is the credential right?',
  403: 'May the credential start this?',
  404: 'Was the pipeline renamed or moved?',
  409: 'It has something else under this run id, or in this state; look there before replaying.',
  410: 'Was the pipeline renamed or moved?',
};

type Loaded = LoadedTarget<Extract<TargetSpec, { http: HttpTargetSpec }>>;
type Prepared = { readonly call: HttpCall; readonly redact: Redactor };

function notStarted(code: NotStartedOutcome['code'], detail: string, permanent: boolean): NotStartedOutcome {
  return { kind: 'notStarted', code, detail, permanent };
}

function refused(detail: string): NotStartedOutcome {
  return notStarted('target_rejected', detail, true);
}

function prepare(loaded: Loaded, request: StartRequest, deps: TargetDeps): Prepared | NotStartedOutcome {
  const { name, spec } = loaded;
  const url = URL.canParse(spec.http.url) ? new URL(spec.http.url) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return refused(`Target ${name}: its url is not an absolute http or https URL.`);
  }
  if (url.username !== '' || url.password !== '') {
    return refused(`Target ${name}: its url carries credentials; give them as a header with a secret.`);
  }
  const settings = resolveSettings(spec.http.headers, deps.resolveSecret);
  if (!settings.ok) return notStarted('secret_missing', `Target ${name}: ${settings.detail}`, true);
  const { values, redact } = settings.resolved;
  const headers = new Map([
    ['accept', 'application/json'],
    ['accept-encoding', 'identity'],
    ['content-type', 'application/json'],
    ['user-agent', 'signalbox'],
  ]);
  if (request.traceparent && TRACEPARENT.test(request.traceparent)) headers.set('traceparent', request.traceparent);
  for (const [header, value] of Object.entries(values)) {
    if (OWN_HEADERS.has(header.toLowerCase())) return refused(`Target ${name}: header ${header} may not be set.`);
    if (!HEADER_VALUE.test(value)) {
      return refused(`Target ${name}: the value of header ${header} holds a character that no header may carry.`);
    }
    headers.set(header.toLowerCase(), value);
  }
  headers.set('idempotency-key', request.token ?? request.runId);
  const { method, timeout: timeoutMs, body = runDocument(request) } = spec.http;
  return { call: { url, method, headers: Object.fromEntries(headers), body: JSON.stringify(body), timeoutMs }, redact };
}

/** `Retry-After` in milliseconds (RFC 9110 section 10.2.3: seconds or a date), at most RETRY_AFTER_MAX_MS. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS);
}

function succeeded(answer: Extract<HttpExchange, { kind: 'answered' }>, redact: Redactor): StartOutcome {
  const ended = { kind: 'finished', status: 'succeeded' } as const;
  if (answer.cut === 'lost') return { ...ended, detail: 'No result: the answer broke off.' };
  if (answer.cut === 'tooLarge') {
    return { ...ended, detail: `No result: the answer is over ${RESULT_MAX_BYTES / 1_024} KB.` };
  }
  if (answer.body.trim() === '') return ended;
  const result = parseJson(answer.body);
  if (result === undefined) return { ...ended, detail: 'No result: the answer is not JSON.' };
  return { ...ended, result: redact.json(result) };
}

function judge(name: string, { call, redact }: Prepared, came: HttpExchange): StartOutcome {
  const place = redact.text(`${call.method} ${call.url.origin}${call.url.pathname}`);
  const about = excerpt(`Target ${name}, ${place}`, 2 * REPLY_EXCERPT_MAX_CHARS);
  if (came.kind === 'notSent') {
    return notStarted('target_unavailable', `${about}: not reached: ${redact.text(came.detail)}.`, false);
  }
  if (came.kind === 'lost') {
    const detail = `${about}: the request went out and no answer came back: ${redact.text(came.detail)}.`;
    return { kind: 'unknown', detail };
  }
  const { status } = came;
  if (status >= 200 && status < 300) return succeeded(came, redact);
  const phrase = STATUS_CODES[status] ?? '';
  const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
  const answered = [`${about}: answered ${status} ${phrase}`.trim(), said].filter((part) => part !== '').join(': ');
  if (status < 400) {
    const location = excerpt(redact.text(came.headers.location ?? 'nowhere'), REPLY_EXCERPT_MAX_CHARS);
    return refused(`${answered}. It redirects to ${location}; redirects are not followed: put the final URL there.`);
  }
  if (status < 500 && !TRANSIENT_4XX.has(status)) return refused([answered, HINTS[status] ?? ''].join('. ').trim());
  if (status === 504) return { kind: 'unknown', detail: `${answered}. What is behind the gateway may have started.` };
  const wait = retryAfterMs(came.headers['retry-after'], Date.now());
  const later = notStarted('target_unavailable', answered, false);
  return wait === undefined ? later : { ...later, retryAfterMs: wait };
}

/**
 * A target that is started by one HTTP request with `Idempotency-Key: <run id>`. A 2xx means started and, as nothing
 * watches it further, finished; its JSON is the result. An error status is taken as the target's word that nothing
 * started; only a connection that broke, or a time-out after
 * sending, here or at a gateway (504), leaves it unknown.
 */
export function createHttpTarget(loaded: Loaded, deps: TargetDeps): Target {
  return {
    start: async (request, context) => {
      const prepared = prepare(loaded, request, deps);
      if ('kind' in prepared) return prepared;
      context.heartbeat();
      return judge(loaded.name, prepared, await exchange(prepared.call, context.signal));
    },
  };
}
