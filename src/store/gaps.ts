import { type Ask, mapped } from './ask.ts';
import type { Connection } from './connection.ts';
import type { Row } from './row.ts';
import type { StoreResult } from './store.ts';

/** Facts of an instance that the store was never told of: from the first to the last seq. */
export type Hole = { readonly instance: string; readonly from: number; readonly to: number };

/** The last fact of an instance, as the instance itself says. */
export type LastFact = { readonly instance: string; readonly trigger: string; readonly seq: number };

/** Holes looked at in one go; the next look sees the others. */
const HOLES_MAX = 1_000;

/** What the store knows of its own gaps. */
export type Gaps = {
  /**
   * Holes between what was told, and up to the last facts given; not in what an instance decided whose state was lost.
   */
  holes(last: readonly LastFact[]): Promise<StoreResult<readonly Hole[]>>;
  /** These can never be filled: nobody looks for them again. */
  giveUp(holes: readonly Hole[]): Promise<void>;
};

const HOLES = `
select instance, lower(gap) as first, upper(gap) - 1 as last from (
  select coalesce(i.instance, n.instance) as instance, coalesce(i.covered + i.lost, '{}') as told,
    greatest(upper(i.covered) - 1, n.seq) as seq
  from signalbox.instances i
  full join json_to_recordset($1::json) as n(instance text, trigger text, seq bigint) on n.instance = i.instance
) known, unnest(int8multirange(int8range(seq - seq % $2 + 1, seq + 1)) - told) gap order by 1, 2 limit ${HOLES_MAX}`;

const GIVE_UP = `
insert into signalbox.instances as i (instance, trigger, covered, lost)
select instance, '', '{}', range_agg(int8range("from", "to", '[]'))
from json_to_recordset($1::json) as h(instance text, "from" bigint, "to" bigint) group by instance
on conflict (instance) do update set lost = i.lost + excluded.lost`;

export function gapsOf(connection: Connection, ask: Ask, span: number): Gaps {
  return {
    holes: async (last) => {
      const sql = `select row_to_json(q)::text from (${HOLES}) q`;
      return mapped(await ask({ sql, params: [JSON.stringify(last), span] }), (rows) => rows.map(holeOf));
    },
    giveUp: async (holes) => {
      const database = await connection.database();
      if (holes.length > 0) await database?.run([{ sql: GIVE_UP, params: [JSON.stringify(holes)] }]);
    },
  };
}

function holeOf(row: Row): Hole {
  return { instance: row.text('instance'), from: row.number('first'), to: row.number('last') };
}
