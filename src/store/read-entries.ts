import type { LedgerKind } from '../core/ledger.ts';
import type { Reason, StageName } from '../core/reason.ts';
import type { JsonObject } from '../spec/json.ts';
import { type Ask, mapped } from './ask.ts';
import { cursorOf, pageStart } from './cursor.ts';
import { isObject, present, Row } from './row.ts';
import { Select } from './select.ts';
import { spanOf } from './span.ts';
import type { EntryCount, StoredEntry, StoreReader } from './store.ts';

const COLUMNS = `instance, seq, at, trigger, kind, key, stage, reason, run_id, detail, event_count, event_ids, more`;
/** Entries shown of one event; more than any event that a person looks at has. */
const EVENT_ENTRIES_MAX = 1_000;

/** Entries about one run besides its decision: a start, an approval and an end, each of them perhaps told again. */
const RUN_ENTRIES_MAX = 20;

type Readers = Pick<StoreReader, 'entriesOfEvent' | 'entries' | 'counts'>;

/** The questions about what was decided. */
export function entryReaders(ask: Ask): Readers {
  return {
    entriesOfEvent: async (eventId) => {
      const select = new Select();
      const named = `select ${COLUMNS} from signalbox.entries
        where event_ids @> array[${select.param(eventId)}] order by instance, seq limit ${EVENT_ENTRIES_MAX}`;
      // Lateral with a limit: the embedded database has no statistics, and would read the whole table for a join.
      const head = `with named as materialized (${named}),
        part_of as (select distinct run_id from named where kind = 'runDecided')
        select * from named union all
        select e.* from part_of cross join lateral (
          select ${COLUMNS} from signalbox.entries
          where run_id = part_of.run_id and kind <> 'runDecided' order by seq limit ${RUN_ENTRIES_MAX}) e
        where not exists (select 1 from named n where n.instance = e.instance and n.seq = e.seq)
        order by instance, seq limit ${EVENT_ENTRIES_MAX}`;
      return mapped(await ask(select.statement(head, '')), (rows) => rows.map(storedEntry));
    },
    entries: async (query) => {
      const started = pageStart(query, 3);
      if (!started.ok) return started;
      const { limit, after } = started.start;
      const select = spanOf(query, 'at').where(query.key, (value) => `key = ${value}`);
      if (query.kinds)
        select.where(
          JSON.stringify(query.kinds),
          (value) => `kind in (select json_array_elements_text(${value}::json))`,
        );
      if (after) {
        const [at, instance = '', seq = '0'] = after;
        const place = [select.param(at), select.param(instance), `${select.param(seq)}::text::bigint`];
        select.and(`(at, instance, seq) < (${place.join(', ')})`);
      }
      const order = `order by at desc, instance desc, seq desc limit ${limit + 1}`;
      const result = await ask(select.statement(`select ${COLUMNS} from signalbox.entries`, order));
      return mapped(result, (rows) => {
        const items = rows.slice(0, limit).map(storedEntry);
        const last = items.at(-1);
        return rows.length > limit && last
          ? { items, next: cursorOf([last.at, last.instance, String(last.seq)]) }
          : { items };
      });
    },
    counts: async (query) => {
      const head = `select trigger, kind, stage, reason, detail, count(*) as entries,
        coalesce(sum(event_count), 0) as events, min(at) as first_at, max(at) as last_at from signalbox.entries`;
      const tail = 'group by trigger, kind, stage, reason, detail order by trigger, kind, stage, reason, detail';
      return mapped(await ask(spanOf(query, 'at').statement(head, tail)), (rows) => rows.map(entryCount));
    },
  };
}

function storedEntry(row: Row): StoredEntry {
  const more = new Row(row.text('more'));
  const why = reasonOf(row.json('more'));
  return {
    trigger: row.text('trigger'),
    instance: row.text('instance'),
    seq: row.number('seq'),
    at: row.number('at'),
    kind: kindOf(row),
    ...present({
      key: row.maybeText('key'),
      stage: stageOf(row),
      reason: row.maybeText('reason'),
      runId: row.maybeText('run_id'),
      detail: row.maybeText('detail'),
      eventCount: row.maybeNumber('event_count'),
      eventIds: row.maybeTexts('event_ids'),
      why,
      dueAt: more.maybeNumber('dueAt'),
      by: more.maybeText('by'),
      generation: more.maybeText('generation'),
      target: more.maybeText('target'),
      firedAt: more.maybeNumber('firedAt'),
      receivedAt: more.maybeNumber('receivedAt'),
    }),
  };
}

function entryCount(row: Row): EntryCount {
  return {
    trigger: row.text('trigger'),
    kind: kindOf(row),
    ...present({ stage: stageOf(row), reason: row.maybeText('reason'), detail: row.maybeText('detail') }),
    entries: row.number('entries'),
    events: row.number('events'),
    firstAt: row.number('first_at'),
    lastAt: row.number('last_at'),
  };
}

const KINDS: Readonly<Record<LedgerKind, true>> = {
  collected: true,
  suppressed: true,
  deadLettered: true,
  kept: true,
  waiting: true,
  runDecided: true,
  startReported: true,
  runEnded: true,
  runApproved: true,
  definitionAdopted: true,
  paused: true,
  resumed: true,
  fired: true,
  replayed: true,
  breaker: true,
  recovered: true,
};

/** Only entries of ours are in the table, so a kind that is unknown was written by a newer version. */
function kindOf(row: Row): LedgerKind {
  const kind = row.text('kind');
  return isKind(kind) ? kind : 'breaker';
}

function isKind(kind: string): kind is LedgerKind {
  return Object.hasOwn(KINDS, kind);
}

function stageOf(row: Row): StageName | undefined {
  const stage = row.maybeText('stage');
  return stage !== undefined && isStage(stage) ? stage : undefined;
}

/** The column holds what the ledger wrote, and the ledger writes stages. */
function isStage(stage: string): stage is StageName {
  return stage !== '';
}

function reasonOf({ why }: JsonObject): Reason | undefined {
  return isReason(why) ? why : undefined;
}

/** The member holds what the ledger wrote, and the ledger writes reasons. */
function isReason(why: unknown): why is Reason {
  return isObject(why) && typeof why['kind'] === 'string';
}
