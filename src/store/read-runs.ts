import { type Ask, mapped } from './ask.ts';
import { cursorOf, pageStart } from './cursor.ts';
import { present, Row } from './row.ts';
import { Select } from './select.ts';
import { spanOf } from './span.ts';
import type { ActionRecord, StoredRun, StoreReader } from './store.ts';

const COLUMNS = `run_id, instance, trigger, key, decided_at, decided_seq, cause, target, generation, received_at,
  event_count, started_at, approved_at, ended_at, status`;

type Readers = Pick<StoreReader, 'runs' | 'run' | 'latency' | 'actions'>;

/** The questions about runs and about what people did. */
export function runReaders(ask: Ask): Readers {
  return {
    runs: async (query) => {
      const started = pageStart(query, 2);
      if (!started.ok) return started;
      const { limit, after } = started.start;
      const { trigger, key, status, sinceAt, untilAt } = query;
      const select = new Select()
        .where(trigger, (value) => `trigger = ${value}`)
        .where(key, (value) => `key = ${value}`)
        .where(status, (value) => `status = ${value}`)
        .where(sinceAt, (value) => `decided_at >= ${value}`)
        .where(untilAt, (value) => `decided_at < ${value}`);
      if (after) {
        const [at, runId = ''] = after;
        select.and(`(decided_at, run_id) < (${select.param(at)}, ${select.param(runId)})`);
      }
      const order = `order by decided_at desc, run_id desc limit ${limit + 1}`;
      const result = await ask(select.statement(`select ${COLUMNS} from signalbox.runs`, order));
      return mapped(result, (rows) => {
        const items = rows.slice(0, limit).map(storedRun);
        const last = items.at(-1);
        return rows.length > limit && last ? { items, next: cursorOf([last.decidedAt, last.runId]) } : { items };
      });
    },
    run: async (runId) => {
      const members = `(select event_ids from signalbox.entries e where e.instance = r.instance and e.seq = r.decided_seq)`;
      const select = new Select().where(runId, (value) => `run_id = ${value}`);
      const result = await ask(
        select.statement(`select ${COLUMNS}, ${members} as event_ids from signalbox.runs r`, ''),
      );
      return mapped(result, ([row]) => row && { ...storedRun(row), eventIds: row.maybeTexts('event_ids') ?? [] });
    },
    latency: (query) => {
      const head = 'select trigger, started_at, received_at as first_at from signalbox.runs';
      return latencyOf(ask, spanOf(query, 'started_at'), head);
    },
    actions: async (query) => {
      const started = pageStart(query, 2);
      if (!started.ok) return started;
      const { limit, after } = started.start;
      const select = new Select()
        .where(query.trigger, (value) => `trigger = ${value}`)
        .where(query.sinceAt, (value) => `at >= ${value}`);
      if (after) {
        const [at, id = ''] = after;
        select.and(`(at, id) < (${select.param(at)}, ${select.param(id)})`);
      }
      const order = `order by at desc, id desc limit ${limit + 1}`;
      const result = await ask(select.statement('select record from signalbox.actions', order));
      return mapped(result, (rows) => {
        const items = rows.slice(0, limit).map(actionOf);
        const last = items.at(-1);
        return rows.length > limit && last ? { items, next: cursorOf([last.at, last.id]) } : { items };
      });
    },
  };
}

/** Latencies of the runs that `head` selects with `started_at` and `first_at`, those aside that lack one of the two. */
export async function latencyOf(ask: Ask, select: Select, head: string): ReturnType<StoreReader['latency']> {
  const took = 'started_at - first_at';
  const measured = `select trigger, count(*) as runs, max(${took}) as most,
    percentile_cont(0.5) within group (order by ${took}) as half,
    percentile_cont(0.95) within group (order by ${took}) as tail`;
  const tail = `) r where ${took} is not null group by trigger order by trigger`;
  return mapped(await ask(select.statement(`${measured} from (${head}`, tail)), (rows) =>
    rows.map((row) => ({
      trigger: row.text('trigger'),
      runs: row.number('runs'),
      p50Ms: row.number('half'),
      p95Ms: row.number('tail'),
      maxMs: row.number('most'),
    })),
  );
}

function storedRun(row: Row): StoredRun {
  return {
    runId: row.text('run_id'),
    trigger: row.text('trigger'),
    instance: row.text('instance'),
    key: row.text('key'),
    decidedAt: row.number('decided_at'),
    eventCount: row.number('event_count'),
    status: row.text('status'),
    ...present({
      cause: row.maybeText('cause'),
      target: row.maybeText('target'),
      generation: row.maybeText('generation'),
      receivedAt: row.maybeNumber('received_at'),
      startedAt: row.maybeNumber('started_at'),
      approvedAt: row.maybeNumber('approved_at'),
      endedAt: row.maybeNumber('ended_at'),
    }),
  };
}

function actionOf(row: Row): ActionRecord {
  const record = new Row(row.text('record'));
  const outcome = record.text('outcome');
  return {
    id: record.text('id'),
    at: record.number('at'),
    by: record.text('by'),
    action: record.text('action'),
    outcome: outcome === 'done' || outcome === 'refused' ? outcome : 'failed',
    ...present({
      trigger: record.maybeText('trigger'),
      key: record.maybeText('key'),
      subject: record.maybeText('subject'),
      detail: record.maybeText('detail'),
    }),
  };
}
