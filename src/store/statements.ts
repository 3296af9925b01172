import type { Statement } from './database.ts';
import { type ActionRow, type EntryRow, type EventRow, mergedEvents, type PageRows, type RunRow } from './rows.ts';

/** One thing that waits to be written. */
export type WriteItem =
  | { readonly kind: 'event'; readonly row: EventRow }
  | { readonly kind: 'page'; readonly rows: PageRows }
  | { readonly kind: 'action'; readonly row: ActionRow };

/** Rows of one statement: enough to make its cost that of its rows, few enough to be answered between questions. */
const ROWS_MAX = 500;

const EVENTS = `
insert into signalbox.events as e
select r.* from json_to_recordset($1::json) as r(event_id text, received_at bigint, deliveries integer, via text,
  source text, id text, type text, subject text, time bigint, traceparent text, triggers text[], taken text, failed text,
  pruned boolean, body text, replay_of text)
on conflict (event_id) do update set
  received_at = least(e.received_at, excluded.received_at),
  deliveries = e.deliveries + excluded.deliveries,
  triggers = array(select distinct unnest(e.triggers || excluded.triggers)),
  taken = case when e.taken = excluded.taken then e.taken else (excluded.taken::jsonb || e.taken::jsonb)::text end,
  failed = case when e.failed = excluded.failed then e.failed else (excluded.failed::jsonb || e.failed::jsonb)::text end,
  via = case when e.pruned then excluded.via else e.via end,
  source = case when e.pruned then excluded.source else e.source end,
  id = case when e.pruned then excluded.id else e.id end,
  type = case when e.pruned then excluded.type else e.type end,
  subject = case when e.pruned then excluded.subject else e.subject end,
  time = case when e.pruned then excluded.time else e.time end,
  body = case when e.pruned then excluded.body else e.body end,
  replay_of = coalesce(e.replay_of, excluded.replay_of),
  pruned = e.pruned and excluded.pruned`;

const PAGES = `from json_to_recordset($1::json) as p(instance text, trigger text, "seqFrom" bigint, "seqTo" bigint)`;

/**
 * A page replaces whatever was told of its facts before: a decision that was lost is made again, maybe differently. The
 * rows are found range by range over an index; a plain join is planned as a look at all rows of the instance, for every range.
 */
const FORGET_ENTRIES = `
delete from signalbox.entries where ctid = any (array(
  select old.ctid ${PAGES} cross join lateral (
    select e.ctid from signalbox.entries e where e.instance = p.instance and e.seq between p."seqFrom" and p."seqTo" offset 0
  ) old))`;
const FORGET_RUNS = `
delete from signalbox.runs where ctid = any (array(
  select old.ctid ${PAGES} cross join lateral (
    select r.ctid, r.run_id from signalbox.runs r
    where r.instance = p.instance and r.decided_seq between p."seqFrom" and p."seqTo" offset 0
  ) old where old.run_id not in (select json_array_elements_text($2::json))))`;

const ENTRIES = `
insert into signalbox.entries
select r.* from json_to_recordset($1::json) as r(instance text, seq bigint, at bigint, trigger text, kind text, key text,
  stage text, reason text, run_id text, detail text, event_count integer, event_ids text[], more text)
on conflict (instance, seq) do nothing`;

/** What was decided is told once; of two decisions with one run id the first has it. All else is told by one fact each. */
const RUNS = `
insert into signalbox.runs as r (run_id, instance, trigger, key, decided_at, decided_seq, cause, target, generation,
  received_at, event_count, started_at, refused_at, approved_at, ended_at, ended)
select n.* from json_to_recordset($1::json) as n(run_id text, instance text, trigger text, key text, decided_at bigint,
  decided_seq bigint, cause text, target text, generation text, received_at bigint, event_count integer,
  started_at bigint, refused_at bigint, approved_at bigint, ended_at bigint, ended text)
on conflict (run_id) do update set
  (key, decided_at, decided_seq, cause, target, generation, received_at, event_count) = (
    select n.* from (values
      (r.key, r.decided_at, r.decided_seq, r.cause, r.target, r.generation, r.received_at, r.event_count),
      (excluded.key, excluded.decided_at, excluded.decided_seq, excluded.cause, excluded.target, excluded.generation,
       excluded.received_at, excluded.event_count)
    ) n(key, decided_at, decided_seq, cause, target, generation, received_at, event_count)
    order by decided_seq nulls last, decided_at limit 1),
  started_at = coalesce(excluded.started_at, r.started_at),
  refused_at = coalesce(excluded.refused_at, r.refused_at),
  approved_at = coalesce(excluded.approved_at, r.approved_at),
  ended_at = coalesce(excluded.ended_at, r.ended_at),
  ended = coalesce(excluded.ended, r.ended)`;

const COVERED = `
insert into signalbox.instances as i (instance, trigger, covered)
select p.instance, p.trigger, range_agg(int8range(p."seqFrom", p."seqTo", '[]')) ${PAGES}
where p."seqFrom" <= p."seqTo" group by p.instance, p.trigger
on conflict (instance) do update set covered = i.covered + excluded.covered`;

const ACTIONS = `
insert into signalbox.actions
select r.* from json_to_recordset($1::json) as r(id text, at bigint, trigger text, record text)
on conflict (id) do nothing`;

/** How many of the items, from the first on, can be written together: no event is in them twice, no page overlaps another. */
export function writableTogether(items: readonly WriteItem[]): number {
  const reached = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'page') continue;
    const { instance, seqFrom, seqTo } = item.rows;
    if (seqFrom <= (reached.get(instance) ?? -Infinity)) return index;
    reached.set(instance, seqTo);
  }
  return items.length;
}

/** The statements that write these items, to be run in one transaction. */
export function writeStatements(items: readonly WriteItem[]): readonly Statement[] {
  const events = new Map<string, EventRow>();
  const pages: PageRows[] = [];
  const actions: ActionRow[] = [];
  for (const item of items) {
    switch (item.kind) {
      case 'event': {
        const known = events.get(item.row.event_id);
        events.set(item.row.event_id, known ? mergedEvents(known, item.row) : item.row);
        break;
      }
      case 'page':
        pages.push(item.rows);
        break;
      case 'action':
        actions.push(item.row);
    }
  }
  return [
    ...inserts(
      EVENTS,
      [...events.values()].toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1)),
    ),
    ...(pages.length > 0 ? pageStatements(pages) : []),
    ...inserts(ACTIONS, actions),
  ];
}

/** Says that these facts were told, although they are not here: they can never be written, so nobody looks for them again. */
export function coverStatements(pages: readonly PageRows[]): readonly Statement[] {
  return [{ sql: COVERED, params: [rangesJson(pages)] }];
}

function pageStatements(pages: readonly PageRows[]): readonly Statement[] {
  const ranges = rangesJson(pages);
  const entries: readonly EntryRow[] = pages.flatMap((page) => page.entries);
  const runs = foldRuns(pages.flatMap((page) => page.runs));
  const decided = runs.filter((run) => run.decided_seq !== undefined).map((run) => run.run_id);
  return [
    { sql: FORGET_ENTRIES, params: [ranges] },
    { sql: FORGET_RUNS, params: [ranges, JSON.stringify(decided)] },
    ...inserts(ENTRIES, entries),
    ...inserts(RUNS, runs),
    { sql: COVERED, params: [ranges] },
  ];
}

/** The facts that pages cover, adjoining ones of an instance as one range. */
function rangesJson(pages: readonly PageRows[]): string {
  const ranges: { instance: string; trigger: string; seqFrom: number; seqTo: number }[] = [];
  const last = new Map<string, (typeof ranges)[number]>();
  for (const { instance, trigger, seqFrom, seqTo } of pages) {
    const before = last.get(instance);
    if (before?.seqTo === seqFrom - 1) {
      before.seqTo = seqTo;
      continue;
    }
    const range = { instance, trigger, seqFrom, seqTo };
    ranges.push(range);
    last.set(instance, range);
  }
  return JSON.stringify(ranges);
}

/** One row a run; sorted, so that two writers never wait for each other crosswise. */
function foldRuns(rows: readonly RunRow[]): readonly RunRow[] {
  const runs = new Map<string, RunRow>();
  for (const row of rows) {
    const known = runs.get(row.run_id);
    const isFirst = (known?.decided_seq ?? Infinity) <= (row.decided_seq ?? Infinity);
    runs.set(row.run_id, known ? (isFirst ? { ...row, ...known } : { ...known, ...row }) : row);
  }
  return [...runs.values()].toSorted((a, b) => (a.run_id < b.run_id ? -1 : 1));
}

function inserts(sql: string, rows: readonly object[]): readonly Statement[] {
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += ROWS_MAX) {
    statements.push({ sql, params: [JSON.stringify(rows.slice(from, from + ROWS_MAX))] });
  }
  return statements;
}
