import type { z } from 'zod';

import type { Json } from '../spec/json.ts';
import type { ApiAuth } from '../spec/targets/api.ts';
import type { Answered } from './outgoing-answer.ts';
import {
  failedStart,
  isSuccess,
  refused,
  REPLY_EXCERPT_MAX_CHARS,
  secretMissing,
  unavailable,
} from './outgoing-answer.ts';
import { exchange, HEADER_VALUE } from './outgoing-request.ts';
import { excerpt, parseJson } from './reply.ts';
import { createRedactor, type Redactor } from './secrets.ts';
import type {
  CallContext,
  CancelOutcome,
  NotStartedOutcome,
  ResolveSecret,
  UnknownOutcome,
  UnreachableOutcome,
} from './target.ts';

/** Largest answer read: a run comes back with its parameters of up to 64 KB, escaped, and with what its pipeline declares. */
const ANSWER_MAX_BYTES = 1_048_576;

/** The API of one target. `name` is the target's, for texts. */
export type ApiSettings = {
  readonly name: string;
  /** Base address; paths go below it. */
  readonly url: string;
  readonly timeoutMs: number;
  /** Headers for a request, and the secrets that go out with it. */
  authorize(outgoing: Outgoing): Authorized | Promise<Authorized>;
};

/** A request as it would go out without credentials: what a signature covers. */
export type Outgoing = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Authorized =
  | {
      readonly ok: true;
      readonly headers: Readonly<Record<string, string>>;
      readonly secrets: readonly string[];
      /** Who signs the TLS of the other side, in PEM; by default whom Node believes. */
      readonly ca?: string;
    }
  | ApiFailure;

export type ApiRequest<T> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments, not encoded yet: none can leave its place in the path. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** What an error status may come from, where it is not what it usually is. */
  readonly hints?: Readonly<Record<number, string>>;
  /** What the body of a 2xx must be; an empty one is null. */
  readonly answer: z.ZodType<T>;
};

/** Anything but a 2xx with the expected body. Texts are bounded and free of the secrets that went out. */
export type ApiFailure = {
  readonly ok: false;
  /** What it means where the request was to start something. */
  readonly start: NotStartedOutcome | UnknownOutcome;
  readonly detail: string;
  /** Absent where no answer came. */
  readonly status?: number;
  readonly headers?: Answered['headers'];
  /** The answer's JSON. */
  readonly body?: Json;
};

export type ApiAnswer<T> = { readonly ok: true; readonly status: number; readonly body: T } | ApiFailure;

/** Statuses by which an API says that it does not have what was asked for. */
const ABSENT: ReadonlySet<number | undefined> = new Set([404, 410]);

export function isAbsent(failure: ApiFailure): boolean {
  return ABSENT.has(failure.status);
}

/** What a failure of a question means that was asked before anything was started. */
export function beforeStart({ start, detail }: ApiFailure): NotStartedOutcome {
  return start.kind === 'notStarted' ? start : unavailable(detail);
}

/** What a failure means for a look at what was started. */
export function unseen(failure: ApiFailure): UnreachableOutcome | { readonly kind: 'gone'; readonly detail: string } {
  const { start, detail } = failure;
  if (isAbsent(failure)) return { kind: 'gone', detail };
  const wait = start.kind === 'notStarted' ? start.retryAfterMs : undefined;
  return wait === undefined ? { kind: 'unreachable', detail } : { kind: 'unreachable', detail, retryAfterMs: wait };
}

/** What a failure means for the wish that something ends. */
export function notCancelled(failure: ApiFailure): CancelOutcome {
  return { kind: isAbsent(failure) ? 'over' : 'failed', detail: failure.detail };
}

/** A failure that the definition makes by itself: nothing was sent. */
export function unusable(start: NotStartedOutcome): ApiFailure {
  return { ok: false, start, detail: start.detail };
}

/** Credentials as headers. Absent settings send none. */
export function authorization(name: string, auth: ApiAuth | undefined, resolveSecret: ResolveSecret): Authorized {
  if (auth === undefined) return { ok: true, headers: {}, secrets: [] };
  const secret = resolveSecret('bearer' in auth ? auth.bearer.secret : auth.basic.password.secret);
  if (!secret.ok) return unusable(secretMissing(`Target ${name}: ${secret.detail}`));
  if ('bearer' in auth) {
    return { ok: true, headers: { authorization: `Bearer ${secret.value}` }, secrets: [secret.value] };
  }
  const pair = Buffer.from(`${auth.basic.username}:${secret.value}`).toString('base64');
  return { ok: true, headers: { authorization: `Basic ${pair}` }, secrets: [secret.value, pair] };
}

/**
 * Sends one request to a target's API. Never rejects for what the network or the other side does. A 2xx whose body is
 * not as expected is a failure that leaves open whether something started.
 */
export async function callApi<T>(
  settings: ApiSettings,
  request: ApiRequest<T>,
  context: CallContext,
): Promise<ApiAnswer<T>> {
  const { name, timeoutMs } = settings;
  const url = addressOf(settings.url, request);
  if (typeof url === 'string') return unusable(refused(`Target ${name}: ${url}`));
  const { method, answer } = request;
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  const plain = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'signalbox',
    ...(body !== '' && { 'content-type': 'application/json' }),
    ...request.headers,
  };
  const authorized = await settings.authorize({ method, url, headers: plain, body });
  if (!authorized.ok) return authorized;
  const { ca, secrets } = authorized;
  const headers = { ...plain, ...authorized.headers };
  const bad = Object.entries(headers).find(([, value]) => !HEADER_VALUE.test(value));
  if (bad) {
    return unusable(refused(`Target ${name}: the value of header ${bad[0]} holds a character no header may carry.`));
  }
  context.heartbeat();
  const call = { url, method, headers, body, timeoutMs, answerMaxBytes: ANSWER_MAX_BYTES, ...(ca && { ca }) };
  const came = await exchange(call, context.signal);
  const redact = createRedactor(secrets);
  const place = redact.text(`${method} ${url.origin}${url.pathname}`);
  const about = excerpt(`Target ${name}, ${place}`, 2 * REPLY_EXCERPT_MAX_CHARS);
  if (came.kind === 'answered' && isSuccess(came)) return read(answer, about, came, redact);
  const start = failedStart(about, came, redact, request.hints);
  if (came.kind !== 'answered') return { ok: false, start, detail: start.detail };
  const json = parseJson(came.body);
  return {
    ok: false,
    start,
    detail: start.detail,
    status: came.status,
    headers: came.headers,
    ...(json !== undefined && { body: redact.json(json) }),
  };
}

function read<T>(schema: z.ZodType<T>, about: string, came: Answered, redact: Redactor): ApiAnswer<T> {
  const { status } = came;
  const json = came.body.trim() === '' ? null : parseJson(came.body);
  const whole = came.cut === undefined && json !== undefined;
  const body = whole ? redact.json(json) : undefined;
  const parsed = schema.safeParse(body);
  if (whole && parsed.success) return { ok: true, status, body: parsed.data };
  const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
  const what = came.cut === 'lost' ? 'and the answer broke off' : 'with something that was not expected';
  const detail = `${about}: answered ${status} ${what}: ${said}`;
  return { ok: false, start: { kind: 'unknown', detail }, detail, status, ...(body !== undefined && { body }) };
}

/** The address, or why there is none. */
function addressOf(base: string, { path, query = {} }: Pick<ApiRequest<unknown>, 'path' | 'query'>): URL | string {
  const odd = path.find((segment) => ['', '.', '..'].includes(segment));
  if (odd !== undefined) return `"${odd}" cannot stand in a path.`;
  // A lone half of a surrogate pair cannot be encoded.
  const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
  const text = [base.replace(/\/+$/, ''), ...path.map(encode)].join('/');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) return 'its url is not an absolute http or https URL.';
  if (url.username !== '' || url.password !== '') return 'its url carries credentials; give them as auth.';
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
