import type { Violation } from '../errors.ts';
import type { Settings } from '../settings.ts';
import { type CouldNotRun, couldNotRun, messageOf } from './exit.ts';
import { isAlive, readServiceFile } from './service-file.ts';

/** Longest a read may take: the service asks Temporal for at most 3 seconds. */
const READ_TIMEOUT_MS = 15_000;
/** Where the service listens when nobody says otherwise. */
const DEFAULT_PORT = 8_080;

/** Where the service is, and how that is known. */
export type Service = {
  readonly url: string;
  readonly from: 'environment' | 'file' | 'default';
  readonly uiUrl?: string;
  readonly token?: string;
};

/** What the service answered; `body` is its JSON. */
export type Reply = { readonly ok: true; readonly status: number; readonly headers: Headers; readonly body: object };

/** SIGNALBOX_API_URL, else what a running service left in the state directory, else the default address. */
export function findService({ apiUrl, stateDirectory, port, token }: Settings): Service {
  const credential = token === undefined ? {} : { token };
  if (apiUrl !== undefined) return { url: apiUrl, from: 'environment', ...credential };
  const file = readServiceFile(stateDirectory);
  if (file !== undefined && isAlive(file)) {
    return { url: file.url, from: 'file', ...(file.uiUrl !== undefined && { uiUrl: file.uiUrl }), ...credential };
  }
  return { url: `http://127.0.0.1:${port.number === 0 ? DEFAULT_PORT : port.number}`, from: 'default', ...credential };
}

/**
 * Calls the service. Every answer of it comes back, refusals too; not reaching it, and a credential it does not take,
 * are reasons not to run.
 */
export async function callService(
  service: Service,
  path: string,
  request: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs?: number;
  } = {},
): Promise<Reply | CouldNotRun> {
  const { method = 'GET', headers, body, timeoutMs = READ_TIMEOUT_MS } = request;
  const authorization = service.token === undefined ? {} : { authorization: `Bearer ${service.token}` };
  try {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: { accept: 'application/json', ...authorization, ...headers },
      ...(body !== undefined && { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const parsed = parseObject(await response.text());
    if (response.status === 401) return refusedToken(service);
    if (parsed === undefined) return notSignalbox(service, response.status);
    return { ok: true, status: response.status, headers: response.headers, body: parsed };
  } catch (error) {
    return notReached(service, error);
  }
}

/** Asks the service for a stream of bytes. Only the way to its first byte is bounded in time: the rest may take long. */
export async function streamFrom(
  service: Service,
  path: string,
): Promise<{ readonly ok: true; readonly chunks: AsyncIterable<Uint8Array> } | CouldNotRun> {
  const authorization = service.token === undefined ? {} : { authorization: `Bearer ${service.token}` };
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(new DOMException('too long', 'TimeoutError')), READ_TIMEOUT_MS);
  try {
    const response = await fetch(`${service.url}${path}`, {
      headers: authorization,
      redirect: 'error',
      signal: waiting.signal,
    });
    if (response.status === 200 && response.body) return { ok: true, chunks: response.body };
    const parsed = parseObject(await response.text());
    if (response.status === 401) return refusedToken(service);
    if (parsed === undefined) return notSignalbox(service, response.status);
    return couldNotRun(
      `The service at ${service.url} answered ${problemText(parsed)}`,
      'docs/errors.md lists the codes.',
    );
  } catch (error) {
    return notReached(service, error);
  } finally {
    clearTimeout(timer);
  }
}

/** What a problem document says, on one line. */
export function problemText(body: object): string {
  const text = (name: string): string => {
    const value: unknown = Object.getOwnPropertyDescriptor(body, name)?.value;
    return typeof value === 'string' ? value : '';
  };
  return [text('code') && `${text('code')}:`, text('detail'), text('remedy')].filter((part) => part !== '').join(' ');
}

/** The places a problem document names. */
export function violationsOf(body: object): readonly Violation[] {
  return 'violations' in body && Array.isArray(body.violations) ? body.violations.filter(isViolation) : [];
}

function isViolation(value: unknown): value is Violation {
  if (typeof value !== 'object' || value === null || !('pointer' in value) || !('message' in value)) return false;
  return typeof value.pointer === 'string' && typeof value.message === 'string';
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusedToken({ url, token }: Service): CouldNotRun {
  const had = token === undefined ? 'asks for a token' : 'does not take this token';
  return couldNotRun(`The service at ${url} ${had}`, 'Set SIGNALBOX_TOKEN to the one the service was started with.');
}

function notSignalbox({ url }: Service, status: number): CouldNotRun {
  const message = `What answers at ${url} is not Signalbox (status ${status} without JSON)`;
  return couldNotRun(message, 'Set SIGNALBOX_API_URL to the address the service printed at its start.');
}

function notReached({ url, from }: Service, error: unknown): CouldNotRun {
  const timedOut = error instanceof Error && error.name === 'TimeoutError';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const why = timedOut ? 'took too long to answer' : `cannot be reached (${code === '' ? messageOf(cause) : code})`;
  const remedy =
    from === 'environment'
      ? 'Check SIGNALBOX_API_URL and whether the service runs there.'
      : 'Start it with `npm start`, or set SIGNALBOX_API_URL to where it runs.';
  return couldNotRun(`The service at ${url} ${why}`, remedy);
}
