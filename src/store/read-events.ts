import { ERROR_CATALOGUE, type ErrorCode } from '../errors.ts';
import type { JsonObject } from '../spec/json.ts';
import { type Ask, mapped } from './ask.ts';
import { cursorOf, type PageStart, pageStart } from './cursor.ts';
import { isObject, present, type Row } from './row.ts';
import { Select } from './select.ts';
import type { FailedIn, StoredEvent, StoredEventSummary, StoreReader, TakenBy } from './store.ts';

const COLUMNS = `event_id, received_at, deliveries, via, source, id, type, subject, traceparent, taken, failed, pruned, replay_of`;
/** What `storedEvent` reads. */
export const WHOLE_EVENTS = `select ${COLUMNS}, body from signalbox.events`;
/** Events of one page of a stream: with the largest events 64 MB, with usual ones a megabyte. */
const STREAM_PAGE = 250;
/** Replays of one event that are named: people replay an event once or twice. */
const REPLAYS_MAX = 20;

type Readers = Pick<StoreReader, 'event' | 'events' | 'withoutRun' | 'eventsBetween' | 'replaysOf'>;

/** The questions about events. */
export function eventReaders(ask: Ask): Readers {
  return {
    event: async (eventId) => {
      const select = new Select().where(eventId, (id) => `event_id = ${id}`);
      const result = await ask(select.statement(WHOLE_EVENTS, ''));
      return mapped(result, ([row]) => row && storedEvent(row));
    },
    events: async (query) => {
      const started = pageStart(query, 2);
      if (!started.ok) return started;
      const { via, source, type, trigger, unmatched, sinceAt, untilAt } = query;
      const select = new Select()
        .where(via, (value) => `via = ${value}`)
        .where(source, (value) => `source = ${value}`)
        .where(type, (value) => `type = ${value}`)
        .where(trigger, (value) => `${value} = any (triggers)`)
        .where(sinceAt, (value) => `received_at >= ${value}`)
        .where(untilAt, (value) => `received_at < ${value}`);
      if (unmatched === true) select.and(`triggers = '{}'`);
      return newest(ask, select, started.start);
    },
    withoutRun: async (query) => {
      const started = pageStart(query, 2);
      if (!started.ok) return started;
      const { trigger, sinceAt, untilAt } = query;
      const select = new Select()
        .where(sinceAt, (value) => `received_at >= ${value}`)
        .where(untilAt, (value) => `received_at < ${value}`)
        .where(
          trigger,
          (value) =>
            `${value} = any (triggers) and not exists (select 1 from signalbox.entries n where n.event_ids @> array[event_id] and n.trigger = ${value} and n.kind = 'runDecided' offset 0)`,
        );
      return newest(ask, select, started.start);
    },
    eventsBetween: (span) => stream(ask, span),
    replaysOf: async (eventId) => {
      const select = new Select().where(eventId, (id) => `replay_of = ${id}`);
      const order = `order by received_at desc limit ${REPLAYS_MAX}`;
      const result = await ask(select.statement(`select ${COLUMNS} from signalbox.events`, order));
      return mapped(result, (rows) => rows.map(summary));
    },
  };
}

async function newest(ask: Ask, select: Select, { limit, after }: PageStart): ReturnType<StoreReader['events']> {
  if (after) {
    const [at, eventId = ''] = after;
    select.and(`(received_at, event_id) < (${select.param(at)}, ${select.param(eventId)})`);
  }
  const order = `order by received_at desc, event_id desc limit ${limit + 1}`;
  const result = await ask(select.statement(`select ${COLUMNS} from signalbox.events`, order));
  return mapped(result, (rows) => {
    const items = rows.slice(0, limit).map(summary);
    const last = items.at(-1);
    return rows.length > limit && last ? { items, next: cursorOf([last.receivedAt, last.eventId]) } : { items };
  });
}

async function* stream(
  ask: Ask,
  { sinceAt, untilAt, after }: Parameters<StoreReader['eventsBetween']>[0],
): ReturnType<StoreReader['eventsBetween']> {
  let last = after;
  do {
    const select = new Select()
      .where(sinceAt, (at) => `received_at >= ${at}`)
      .where(untilAt, (at) => `received_at < ${at}`)
      .and('replay_of is null');
    if (last) {
      select.and(`(received_at, event_id) > (${select.param(last.receivedAt)}, ${select.param(last.eventId)})`);
    }
    const order = `order by received_at, event_id limit ${STREAM_PAGE}`;
    const result = mapped(await ask(select.statement(WHOLE_EVENTS, order)), (rows) => rows.map(storedEvent));
    if (!result.ok || result.value.length > 0) yield result;
    last = result.ok && result.value.length === STREAM_PAGE ? result.value.at(-1) : undefined;
  } while (last);
}

function summary(row: Row): StoredEventSummary {
  return {
    eventId: row.text('event_id'),
    receivedAt: row.number('received_at'),
    deliveries: Math.max(1, row.number('deliveries')),
    via: row.text('via'),
    ...present({
      source: row.maybeText('source'),
      id: row.maybeText('id'),
      type: row.maybeText('type'),
      subject: row.maybeText('subject'),
      traceparent: row.maybeText('traceparent'),
      replayOf: row.maybeText('replay_of'),
    }),
    takenBy: Object.entries(row.json('taken')).map(([trigger, value]) => taken(trigger, value)),
    failedIn: Object.entries(row.json('failed')).map(([trigger, value]) => failed(trigger, value)),
    pruned: row.flag('pruned'),
  };
}

/** A row of `WHOLE_EVENTS`. */
export function storedEvent(row: Row): StoredEvent {
  return { ...summary(row), event: row.json('body') };
}

function taken(trigger: string, value: unknown): TakenBy {
  const members = isObject(value) ? value : {};
  return { trigger, key: text(members, 'key'), generation: text(members, 'generation') };
}

function failed(trigger: string, value: unknown): FailedIn {
  const members = isObject(value) ? value : {};
  const code = text(members, 'code');
  return {
    trigger,
    generation: text(members, 'generation'),
    code: isCode(code) ? code : 'internal',
    pointer: text(members, 'pointer'),
    detail: text(members, 'detail'),
    deadLetterId: text(members, 'deadLetterId'),
  };
}

function text(members: JsonObject, name: string): string {
  const value = members[name];
  return typeof value === 'string' ? value : '';
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}
