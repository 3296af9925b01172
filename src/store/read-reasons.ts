import { type Ask, mapped } from './ask.ts';
import { storedEvent, WHOLE_EVENTS } from './read-events.ts';
import { latencyOf } from './read-runs.ts';
import { spanOf } from './span.ts';
import { Select } from './select.ts';
import type { ReasonReader } from './store.ts';

/** The questions that say why a trigger fired or did not. `seqSpan` as in StoreOptions. */
export function reasonReaders(ask: Ask, seqSpan: number): ReasonReader {
  return {
    ledgerSeq: async (instance) => {
      const begun = `upper(covered + lost) - 1 - (upper(covered + lost) - 1) % ${seqSpan} + 1`;
      const select = new Select().where(instance, (value) => `instance = ${value}`).and(`known @> (${begun})`);
      const head = 'select upper(known) - 1 as seq from signalbox.instances, unnest(covered + lost) known';
      return mapped(await ask(select.statement(head, '')), ([row]) => row?.number('seq') ?? 0);
    },
    arrivals: async ({ trigger, sinceAt, untilAt }) => {
      const select = new Select();
      const name = `${select.param(trigger)}::text`;
      const isFailed = `failed <> '{}' and failed::jsonb ? ${name}`;
      const head = `select count(*) filter (where replay_of is null or ${name} = any (triggers)) as seen, count(*) filter (where ${name} = any (triggers) and not (${isFailed})) as taken,
        count(*) filter (where ${name} = any (triggers) and ${isFailed}) as failed from signalbox.events`;
      select.where(sinceAt, (at) => `received_at >= ${at}`).where(untilAt, (at) => `received_at < ${at}`);
      return mapped(await ask(select.statement(head, '')), ([row]) => {
        return { seen: row?.number('seen') ?? 0, taken: row?.number('taken') ?? 0, failed: row?.number('failed') ?? 0 };
      });
    },
    notTaken: async ({ trigger, sinceAt, untilAt, limit }) => {
      const select = new Select()
        .where(trigger, (value) => `${value} <> all (triggers)`)
        .and('replay_of is null')
        .where(sinceAt, (at) => `received_at >= ${at}`)
        .where(untilAt, (at) => `received_at < ${at}`);
      const order = `order by received_at desc, event_id desc limit ${select.param(limit)}`;
      return mapped(await ask(select.statement(WHOLE_EVENTS, order)), (rows) => rows.map(storedEvent));
    },
    fired: async (query) => {
      const select = spanOf(query, 'decided_at').and(`decided_seq is not null and status <> 'conflict'`);
      const bucket = `${select.param(query.bucketMs)}::bigint`;
      const head = `select decided_at / ${bucket} * ${bucket} as at, count(*) as runs from signalbox.runs`;
      const result = await ask(select.statement(head, 'group by 1 order by 1'));
      return mapped(result, (rows) => rows.map((row) => ({ at: row.number('at'), runs: row.number('runs') })));
    },
    eventLatency: async (query) => {
      const first = `(select min(e.time) from signalbox.entries d join signalbox.events e on e.event_id = any (d.event_ids)
        where d.instance = r.instance and d.seq = r.decided_seq)`;
      const select = spanOf(query, 'started_at');
      const head = `select trigger, started_at, ${first} as first_at from signalbox.runs r`;
      return latencyOf(ask, select, head);
    },
  };
}
