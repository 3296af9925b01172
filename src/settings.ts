import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';

/** A TCP port and whether a person asked for it: a default that is taken is replaced, an asked one is an error. */
type Port = { readonly number: number; readonly asked: boolean };

/** Where Temporal is: somewhere named by TEMPORAL_* (read by @temporalio/envconfig), or a server of our own. */
type TemporalSettings =
  | { readonly mode: 'external' }
  | {
      readonly mode: 'embedded';
      readonly port: Port;
      readonly uiPort: Port;
      readonly namespace: string;
      /** Path of a `temporal` executable, from SIGNALBOX_TEMPORAL_BIN. */
      readonly bin?: string;
    };

/** Everything the environment says. Paths are absolute. */
export type Settings = {
  readonly configDirectory: string;
  readonly host: string;
  readonly port: Port;
  readonly token?: string;
  readonly allowedHosts: readonly string[];
  readonly stateDirectory: string;
  /** Per-user directory for built and downloaded servers: shared by every clone. */
  readonly cacheDirectory: string;
  readonly temporal: TemporalSettings;
  /** Path of a time-skipping test server, from SIGNALBOX_TEST_SERVER_BIN. */
  readonly testServerBin?: string;
  /** Where commands call the service, from SIGNALBOX_API_URL; without a slash at its end. */
  readonly apiUrl?: string;
  /** Metrics of the `worker` command are served here when set; beyond loopback they ask for the token. */
  readonly workerMetricsPort?: number;
  /** What tokens of callbacks are made of; absent: a secret of the state directory. */
  readonly callbackSecret?: string;
  readonly logLevel: LogLevel;
  readonly store: StoreSettings;
  /** The whole environment: commands started as targets inherit a few variables of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** One variable that cannot be used. Never carries the value of a secret. */
export type SettingsFinding = { readonly variable: string; readonly message: string; readonly remedy: string };

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** Where what people search is kept, and for how long, in milliseconds. The URL holds a password. */
type StoreSettings = { readonly keepMs: number } & (
  | { readonly kind: 'off' | 'embedded' }
  | { readonly kind: 'postgres'; readonly url: string }
);

/** A secret that can be guessed would let anybody end runs. */
const CALLBACK_SECRET_MIN_CHARS = 32;

const RETENTION = /^([1-9]\d{0,4})([hd])$/;
const HOUR_MS = 3_600_000;
const DEFAULT_RETENTION = '30d';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Whether only this machine reaches an address that is listened on. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_HOST.test(host);
}

/** What can stand in an Authorization header: RFC 6750's b64token is a subset. */
const TOKEN = /^[\x21-\x7e]+$/;

/** A set but empty variable counts as not set: compose files and CI pass variables through that way. */
const text = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional());
const port = text.refine((value) => value === undefined || (/^\d{1,5}$/.test(value) && Number(value) <= 65_535), {
  error: 'is not a port',
});

const ENVIRONMENT = z.object({
  SIGNALBOX_CONFIG: text,
  SIGNALBOX_HOST: text,
  SIGNALBOX_PORT: port,
  SIGNALBOX_TOKEN: text.refine((value) => value === undefined || TOKEN.test(value), {
    error: 'holds white space or characters outside ASCII',
  }),
  SIGNALBOX_ALLOWED_HOSTS: text,
  SIGNALBOX_STATE: text,
  SIGNALBOX_UI_PORT: port,
  SIGNALBOX_TEMPORAL_PORT: port,
  SIGNALBOX_TEMPORAL_BIN: text,
  SIGNALBOX_TEST_SERVER_BIN: text,
  SIGNALBOX_API_URL: text.refine((value) => value === undefined || isHttpUrl(value), { error: 'is not an http URL' }),
  SIGNALBOX_WORKER_METRICS_PORT: port,
  SIGNALBOX_CALLBACK_SECRET: text.refine((value) => value === undefined || value.length >= CALLBACK_SECRET_MIN_CHARS, {
    error: `is shorter than ${CALLBACK_SECRET_MIN_CHARS} characters`,
  }),
  LOG_LEVEL: z.preprocess((value) => (value === '' ? undefined : value), z.enum(LOG_LEVELS).optional()),
  DATABASE_URL: text.refine((value) => value === undefined || isPostgresUrl(value), {
    error: 'is not a URL of a PostgreSQL database',
  }),
  SIGNALBOX_STORE: z.preprocess((value) => (value === '' ? undefined : value), z.enum(['on', 'off']).optional()),
  SIGNALBOX_STORE_RETENTION: text.refine((value) => value === undefined || RETENTION.test(value), {
    error: 'is not a number of hours or days',
  }),
  TEMPORAL_ADDRESS: text,
  TEMPORAL_PROFILE: text,
  TEMPORAL_CONFIG_FILE: text,
  TEMPORAL_NAMESPACE: text,
  XDG_CACHE_HOME: text,
});

const REMEDIES: Readonly<Record<string, string>> = {
  SIGNALBOX_TOKEN: 'Use printable ASCII without spaces, such as the output of `openssl rand -hex 32`.',
  SIGNALBOX_CALLBACK_SECRET: 'Use the output of `openssl rand -hex 32`, the same for every process.',
  SIGNALBOX_API_URL: 'Use the address of the service, such as http://127.0.0.1:8080.',
  DATABASE_URL: 'Use postgres://user:password@host:port/database, with special characters percent-encoded.',
  SIGNALBOX_STORE: 'Use on or off.',
  SIGNALBOX_STORE_RETENTION: 'Use hours or days, such as 12h or 30d.',
  LOG_LEVEL: `Use one of ${LOG_LEVELS.join(', ')}.`,
};
const PORT_REMEDY = 'Use a number from 1 to 65535, or 0 for any free port.';

/**
 * Reads the environment. Nothing else in the project does, so what is set here is all there is to set. Ports may be 0:
 * any free one. Relative paths count from the working directory.
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): { readonly ok: true; readonly settings: Settings } | { readonly ok: false; readonly findings: SettingsFinding[] } {
  const parsed = ENVIRONMENT.safeParse(env);
  if (!parsed.success) {
    const findings = parsed.error.issues.map(({ path, message }) => {
      const variable = String(path[0]);
      return { variable, message: `${variable} ${message}`, remedy: REMEDIES[variable] ?? PORT_REMEDY };
    });
    return { ok: false, findings };
  }
  const set = parsed.data;
  const host = set.SIGNALBOX_HOST ?? '127.0.0.1';
  if (!isLoopback(host) && set.SIGNALBOX_TOKEN === undefined) {
    const message = `SIGNALBOX_HOST is ${host}, which other machines can reach, and SIGNALBOX_TOKEN is not set`;
    const remedy = 'Set SIGNALBOX_TOKEN to a secret (`openssl rand -hex 32`), or SIGNALBOX_HOST to 127.0.0.1.';
    return { ok: false, findings: [{ variable: 'SIGNALBOX_TOKEN', message, remedy }] };
  }
  return { ok: true, settings: { ...settingsOf(set, host), environment: env } };
}

function settingsOf(set: z.infer<typeof ENVIRONMENT>, host: string): Omit<Settings, 'environment'> {
  return {
    configDirectory: resolve(set.SIGNALBOX_CONFIG ?? 'examples/quickstart'),
    host,
    port: portOf(set.SIGNALBOX_PORT, 8080),
    ...(set.SIGNALBOX_TOKEN !== undefined && { token: set.SIGNALBOX_TOKEN }),
    allowedHosts: (set.SIGNALBOX_ALLOWED_HOSTS ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []),
    stateDirectory: resolve(set.SIGNALBOX_STATE ?? '.signalbox'),
    cacheDirectory: join(cacheHome(set.XDG_CACHE_HOME), 'signalbox'),
    temporal: temporalOf(set),
    ...(set.SIGNALBOX_TEST_SERVER_BIN !== undefined && { testServerBin: resolve(set.SIGNALBOX_TEST_SERVER_BIN) }),
    ...(set.SIGNALBOX_API_URL !== undefined && { apiUrl: set.SIGNALBOX_API_URL.replace(/\/+$/, '') }),
    ...(set.SIGNALBOX_WORKER_METRICS_PORT !== undefined && {
      workerMetricsPort: Number(set.SIGNALBOX_WORKER_METRICS_PORT),
    }),
    ...(set.SIGNALBOX_CALLBACK_SECRET !== undefined && { callbackSecret: set.SIGNALBOX_CALLBACK_SECRET }),
    logLevel: set.LOG_LEVEL ?? 'info',
    store: storeOf(set),
  };
}

function storeOf(set: z.infer<typeof ENVIRONMENT>): StoreSettings {
  const [, count, unit] = RETENTION.exec(set.SIGNALBOX_STORE_RETENTION ?? DEFAULT_RETENTION) ?? [];
  const keepMs = Number(count) * HOUR_MS * (unit === 'd' ? 24 : 1);
  if (set.SIGNALBOX_STORE === 'off') return { kind: 'off', keepMs };
  return set.DATABASE_URL === undefined
    ? { kind: 'embedded', keepMs }
    : { kind: 'postgres', url: set.DATABASE_URL, keepMs };
}

/**
 * A server elsewhere is used only when a variable names one: a default profile in the user's Temporal configuration
 * may be a production cluster, and trying the quickstart must not write there.
 */
function temporalOf(set: z.infer<typeof ENVIRONMENT>): TemporalSettings {
  const named = set.TEMPORAL_ADDRESS ?? set.TEMPORAL_PROFILE ?? set.TEMPORAL_CONFIG_FILE;
  if (named !== undefined) return { mode: 'external' };
  return {
    mode: 'embedded',
    port: portOf(set.SIGNALBOX_TEMPORAL_PORT, 7233),
    uiPort: portOf(set.SIGNALBOX_UI_PORT, 8233),
    namespace: set.TEMPORAL_NAMESPACE ?? 'default',
    ...(set.SIGNALBOX_TEMPORAL_BIN !== undefined && { bin: resolve(set.SIGNALBOX_TEMPORAL_BIN) }),
  };
}

/** The XDG base directory specification tells to ignore a relative XDG_CACHE_HOME. */
function cacheHome(xdgCacheHome: string | undefined): string {
  return xdgCacheHome !== undefined && isAbsolute(xdgCacheHome) ? xdgCacheHome : join(homedir(), '.cache');
}

function portOf(value: string | undefined, otherwise: number): Port {
  return value === undefined ? { number: otherwise, asked: false } : { number: Number(value), asked: true };
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

export type SecretResult =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

/**
 * Resolves a secret reference, `env:NAME` or `file:/path`, in the process that uses it. A file's last line break is not
 * part of the secret. Messages name the reference, never a value.
 */
export function resolveSecret(
  reference: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): SecretResult {
  if (reference.startsWith('env:')) {
    const name = reference.slice('env:'.length);
    const value = env[name];
    if (value !== undefined && value !== '') return { ok: true, value };
    return { ok: false, message: `The environment variable ${name} is not set`, remedy: `Set ${name}.` };
  }
  if (reference.startsWith('file:')) return secretFromFile(reference.slice('file:'.length));
  const message = 'A secret reference is neither env:NAME nor file:/path';
  return { ok: false, message, remedy: 'Write env:NAME or file:/path, never the secret itself.' };
}

function secretFromFile(path: string): SecretResult {
  try {
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (value !== '') return { ok: true, value };
    return { ok: false, message: `The secret file ${path} is empty`, remedy: `Write the secret into ${path}.` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      message: `The secret file ${path} cannot be read: ${reason}`,
      remedy: `Make ${path} readable.`,
    };
  }
}
