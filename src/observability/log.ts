import pino from 'pino';

/** Longest text kept of one field: enough for any sentence of ours, too short to carry a body. */
export const LOG_TEXT_MAX_CHARS = 1_024;
/** Longest stack trace kept: about 40 frames. */
const STACK_MAX_CHARS = 4_096;
/** Deepest nesting and most members written of one object: logs are for reading, events are kept elsewhere. */
const LOG_MAX_DEPTH = 6;
const LOG_MAX_MEMBERS = 64;

/** Member names whose values are never written, at any depth. */
const SENSITIVE = /authorization|token|secret|password|cookie|api[-_]?key/i;

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
type LogFields = Readonly<Record<string, unknown>>;
type LogMethod = (fields: LogFields, message: string) => void;

/** One JSON line a call. Fields named like a credential are written as `[redacted]`, long texts are cut. */
export type Logger = Readonly<Record<'fatal' | 'error' | 'warn' | 'info' | 'debug', LogMethod>> & {
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
};

function cut(text: string, maxChars = LOG_TEXT_MAX_CHARS): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}… (${text.length} characters)`;
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= LOG_MAX_DEPTH) return '[nested]';
  if (value instanceof Error) {
    const cause = value.cause === undefined ? {} : { cause: clean(value.cause, depth + 1) };
    return { type: value.name, message: cut(value.message), stack: cut(value.stack ?? '', STACK_MAX_CHARS), ...cause };
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, LOG_MAX_MEMBERS).map((entry) => clean(entry, depth + 1));
  return cleanFields(value, depth);
}

function cleanFields(fields: object, depth = 0): Record<string, unknown> {
  const members = Object.entries(fields).slice(0, LOG_MAX_MEMBERS);
  return Object.fromEntries(
    members.map(([name, value]) => [cut(name), SENSITIVE.test(name) ? '[redacted]' : clean(value, depth + 1)]),
  );
}

function around(base: pino.Logger): Logger {
  const at =
    (level: 'fatal' | 'error' | 'warn' | 'info' | 'debug'): LogMethod =>
    (fields, message) => {
      if (base.isLevelEnabled(level)) base[level](cleanFields(fields), '%s', cut(message));
    };
  return {
    fatal: at('fatal'),
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => around(base.child(cleanFields(fields))),
  };
}

/** Builds the logger: JSON lines with `level`, `time` (RFC 3339), `msg`; to standard output unless told otherwise. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly destination?: { write(line: string): void };
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  };
  return around(options.destination ? pino(settings, options.destination) : pino(settings));
}
