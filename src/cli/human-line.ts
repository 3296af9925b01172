import { timeOfDay } from './moment.ts';
import { counted } from '../explain/counted.ts';

/** Longest field shown: a line of the log file has the rest. */
const FIELD_MAX_CHARS = 240;
/** Event ids shown of one line. */
const IDS_MAX = 3;

/** One field of a log line, as text. */
type Field = (name: string) => string;

/** What the messages that matter say, in a few words. A message that is not here shows where it is a warning or worse. */
const SAYS: Readonly<Record<string, (field: Field) => string | undefined>> = {
  'definitions are live': (field) =>
    `definitions are live: ${counted(Number(field('triggers')), 'trigger')}, ${counted(Number(field('targets')), 'target')}`,
  'events accepted': (field) => `accepted    ${counted(Number(field('events')), 'event')} ${field('eventIds')}`,
  'events suppressed': (field) =>
    `suppressed  ${subject(field)} ${field('eventIds')} by ${field('stage')}: ${field('why') || field('reason')}`,
  'event dead-lettered': (field) => `dead letter ${subject(field)} ${field('eventIds')}: ${field('reason')}`,
  'run decided': (field) =>
    `run decided ${subject(field)} with ${counted(Number(field('eventCount')), 'event')}: ${field('runId')}`,
  'target called': (field) =>
    ['target     ', field('target'), field('status') || field('outcome'), field('detail') || field('result')].join(' '),
  // The instance's own line says it a second time.
  'run ended': (field) =>
    field('status') === '' ? undefined : `run ended   ${subject(field)} ${field('status')}: ${field('runId')}`,
};

/** A JSON log line for a person at a terminal; undefined where it is of no interest there. */
export function humanLine(line: string): string | undefined {
  const entry = parse(line);
  if (entry === undefined) return line.trimEnd();
  const field: Field = (name) => text(entry.get(name));
  const message = field('msg');
  const level = field('level');
  const bad = level === 'warn' || level === 'error' || level === 'fatal';
  const says = SAYS[message];
  const said = says
    ? says(field)
    : bad
      ? [message, details(entry)].filter((part) => part !== '').join('  ')
      : undefined;
  if (said === undefined) return undefined;
  return `${timeOfDay(new Date(field('time')))}  ${bad ? `${level.toUpperCase()}  ` : ''}${said}`;
}

function subject(field: Field): string {
  return `${field('trigger')}${field('key') === '' ? '' : ` (${field('key')})`}`;
}

/** All fields of a line that nothing here knows. */
function details(entry: ReadonlyMap<string, unknown>): string {
  const shown = [...entry].filter(([name]) => !['level', 'time', 'pid', 'msg'].includes(name));
  return shown.map(([name, value]) => `${name}=${text(value)}`).join(' ');
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    const more = value.length > IDS_MAX ? ` +${value.length - IDS_MAX}` : '';
    return `${value.slice(0, IDS_MAX).map(text).join(' ')}${more}`;
  }
  if (typeof value === 'object') return text('message' in value ? value.message : JSON.stringify(value));
  const full = typeof value === 'string' ? value : JSON.stringify(value);
  return full.length <= FIELD_MAX_CHARS ? full : `${full.slice(0, FIELD_MAX_CHARS)}…`;
}

function parse(line: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
