import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { HttpTargetSpec } from '../../spec/targets/http.ts';
import type { Answered } from '../outgoing-answer.ts';
import {
  failedStart,
  isSuccess,
  refused,
  REPLY_EXCERPT_MAX_CHARS,
  retryAfterMs,
  secretMissing,
} from '../outgoing-answer.ts';
import type { HttpCall, HttpExchange } from '../outgoing-request.ts';
import { exchange, HEADER_VALUE } from '../outgoing-request.ts';
import { excerpt, parseJson, RESULT_MAX_BYTES } from '../reply.ts';
import type { Redactor } from '../secrets.ts';
import { resolveSettings } from '../secrets.ts';
import type {
  CallContext,
  CancelOutcome,
  FinishedOutcome,
  LoadedTarget,
  NotStartedOutcome,
  ProbeOutcome,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';
import { runDocument } from '../target.ts';

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

/** W3C Trace Context, section 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

type Loaded = LoadedTarget<Extract<TargetSpec, { http: HttpTargetSpec }>>;
type Prepared = { readonly call: HttpCall; readonly redact: Redactor };

/** Methods whose requests carry nothing. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'DELETE']);

/** What a call of a target asks of which address. */
type Asked = { readonly url: string; readonly method: string; readonly body?: Json | undefined };

function prepare(
  { name, spec }: Loaded,
  { url: address, method, body }: Asked,
  request: StartRequest | undefined,
  deps: TargetDeps,
): Prepared | NotStartedOutcome {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return refused(`Target ${name}: its url is not an absolute http or https URL.`);
  }
  if (url.username !== '' || url.password !== '') {
    return refused(`Target ${name}: its url carries credentials; give them as a header with a secret.`);
  }
  const callback = request?.callback;
  const settings = resolveSettings(spec.http.headers, deps.resolveSecret, callback ? [callback.token] : []);
  if (!settings.ok) return secretMissing(`Target ${name}: ${settings.detail}`);
  const { values, redact } = settings.resolved;
  const headers = new Map([
    ['accept', 'application/json'],
    ['accept-encoding', 'identity'],
    ['user-agent', 'signalbox'],
  ]);
  const isEmpty = WITHOUT_BODY.has(method);
  if (!isEmpty) headers.set('content-type', 'application/json');
  if (request?.traceparent && TRACEPARENT.test(request.traceparent)) headers.set('traceparent', request.traceparent);
  for (const [header, value] of Object.entries(values)) {
    if (OWN_HEADERS.has(header.toLowerCase())) return refused(`Target ${name}: header ${header} may not be set.`);
    if (!HEADER_VALUE.test(value)) {
      return refused(`Target ${name}: the value of header ${header} holds a character that no header may carry.`);
    }
    headers.set(header.toLowerCase(), value);
  }
  if (request) headers.set('idempotency-key', request.token ?? request.runId);
  const { timeout: timeoutMs } = spec.http;
  const text = isEmpty || !request ? '' : JSON.stringify(body ?? runDocument(request));
  return { call: { url, method, headers: Object.fromEntries(headers), body: text, timeoutMs }, redact };
}

function succeeded(answer: Answered, redact: Redactor): FinishedOutcome {
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
  if (came.kind === 'answered' && isSuccess(came)) return succeeded(came, redact);
  return failedStart(about, came, redact);
}

/** A run that goes on: it is asked about, or a callback ends it. */
function started({ result, detail }: FinishedOutcome, watch: NonNullable<HttpTargetSpec['watch']>): StartOutcome {
  return {
    kind: 'started',
    handle: null,
    ...(result !== undefined && { result }),
    ...(watch.url !== undefined && { everyMs: watch.every }),
    ...(detail !== undefined && { detail }),
  };
}

/** The body of an answer as conditions see it: JSON where it is, else the beginning of its text. */
function bodyOf({ body }: Answered, redact: Redactor): Json {
  const parsed = parseJson(body);
  return parsed === undefined ? excerpt(redact.text(body), REPLY_EXCERPT_MAX_CHARS) : redact.json(parsed);
}

/** Statuses by which an address says that it has nothing there. */
const ABSENT: ReadonlySet<number> = new Set([404, 410]);

function look(
  { spec }: Loaded,
  prepared: Prepared,
  came: HttpExchange,
  evaluate: CallContext['evaluate'],
): WatchOutcome {
  const { redact, call } = prepared;
  const place = redact.text(`${call.url.origin}${call.url.pathname}`);
  if (came.kind !== 'answered') return { kind: 'unreachable', detail: `${place}: ${redact.text(came.detail)}` };
  const { status } = came;
  const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
  if (ABSENT.has(status)) return { kind: 'gone', detail: `${place} answered ${status}: ${said}` };
  if (!isSuccess(came)) {
    const wait = retryAfterMs(came.headers['retry-after'], Date.now());
    const detail = `${place} answered ${status}: ${said}`;
    return wait === undefined ? { kind: 'unreachable', detail } : { kind: 'unreachable', detail, retryAfterMs: wait };
  }
  const body = bodyOf(came, redact);
  const judged = (condition: string | undefined) => {
    if (condition === undefined) return { holds: false };
    const evaluated = evaluate(condition, { status, body });
    if (!evaluated.ok) return { holds: false, problem: `${condition}: ${evaluated.message}` };
    return { holds: evaluated.value === true };
  };
  const failed = judged(spec.http.watch?.failed);
  if (failed.holds) return { kind: 'finished', status: 'failed', result: body, detail: `${place} said: ${said}` };
  const ended = judged(spec.http.watch?.succeeded);
  if (ended.holds) return { kind: 'finished', status: 'succeeded', result: body };
  return { kind: 'running', detail: failed.problem ?? ended.problem ?? said };
}

function cancelled({ redact }: Prepared, came: HttpExchange): CancelOutcome {
  if (came.kind !== 'answered') return { kind: 'failed', detail: redact.text(came.detail) };
  const said = `answered ${came.status}: ${excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS)}`;
  if (came.status >= 200 && came.status < 300) return { kind: 'cancelled' };
  return ABSENT.has(came.status) || came.status === 409
    ? { kind: 'over', detail: said }
    : { kind: 'failed', detail: said };
}

function probed({ call, redact }: Prepared, came: HttpExchange): ProbeOutcome {
  const place = redact.text(`${call.url.origin}${call.url.pathname}`);
  if (came.kind !== 'answered') return { kind: 'notReady', detail: `${place}: ${redact.text(came.detail)}` };
  if (isSuccess(came)) return { kind: 'ready', detail: `${place} answered ${came.status}.` };
  const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
  return { kind: 'notReady', detail: `${place} answered ${came.status}: ${said}` };
}

/**
 * A target that is started by one HTTP request with `Idempotency-Key: <run id>`. A 2xx means started and, where nothing
 * watches it further, finished; its JSON is the result. An error status is taken as the target's word that nothing
 * started; only a connection that broke, or a time-out after
 * sending, here or at a gateway (504), leaves it unknown.
 */
export function createHttpTarget(loaded: Loaded, deps: TargetDeps): Target {
  const { watch, cancel, probe } = loaded.spec.http;
  const call = async <T>(
    asked: Asked,
    request: StartRequest | undefined,
    context: CallContext,
    judged: (prepared: Prepared, came: HttpExchange) => T,
  ): Promise<T | NotStartedOutcome> => {
    const prepared = prepare(loaded, asked, request, deps);
    if ('kind' in prepared) return prepared;
    context.heartbeat();
    return judged(prepared, await exchange(prepared.call, context.signal));
  };
  return {
    start: async (request, context) => {
      const outcome = await call(loaded.spec.http, request, context, (prepared, came) =>
        judge(loaded.name, prepared, came),
      );
      return watch && outcome.kind === 'finished' ? started(outcome, watch) : outcome;
    },
    watch: async (_handle, request, context) => {
      if (watch?.url === undefined) return { kind: 'running', detail: 'Waits for its callback.' };
      const outcome = await call({ url: watch.url, method: 'GET' }, request, context, (prepared, came) =>
        look(loaded, prepared, came, context.evaluate),
      );
      return outcome.kind === 'notStarted' ? { kind: 'unreachable', detail: outcome.detail } : outcome;
    },
    ask: async (request, context) => {
      const asked = { url: loaded.spec.http.url, method: 'GET' };
      const outcome = await call(asked, request, context, ({ redact }, came) => {
        if (came.kind !== 'answered') return { kind: 'unreachable', detail: redact.text(came.detail) } as const;
        return { kind: 'answered', status: came.status, body: bodyOf(came, redact) } as const;
      });
      return outcome.kind === 'notStarted' ? { kind: 'unreachable', detail: outcome.detail } : outcome;
    },
    ...(cancel && {
      cancel: async (_handle, request, context) => {
        const outcome = await call({ ...cancel, body: {} }, request, context, cancelled);
        return outcome.kind === 'notStarted' ? { kind: 'failed', detail: outcome.detail } : outcome;
      },
    }),
    ...(probe && {
      probe: async (context) => {
        const outcome = await call({ url: probe.url, method: 'GET' }, undefined, context, probed);
        return outcome.kind === 'notStarted' ? { kind: 'notReady', detail: outcome.detail } : outcome;
      },
    }),
  };
}
