import { refusal } from '../errors.ts';
import type { Connection } from './connection.ts';
import { databaseError, failureKind, type Statement } from './database.ts';
import { Row } from './row.ts';
import type { StoreResult } from './store.ts';

/** Seconds after which asking again makes sense. */
const RETRY_AFTER_SECONDS = 2;

/** Asks the database one question. */
export type Ask = (statement: Statement) => Promise<StoreResult<readonly Row[]>>;

/** Questions over a connection: while it is away they are refused at once, nobody waits for it. */
export function createAsk(connection: Connection): Ask {
  return async (statement) => {
    const { state } = connection;
    if (state.kind !== 'ready')
      return unavailable(state.kind === 'down' ? state.detail : `The store is ${state.kind}.`);
    const { database } = state;
    try {
      const [rows = []] = await database.run([statement]);
      return { ok: true, value: rows.map((json) => new Row(json)) };
    } catch (error) {
      const { message, sqlState } = databaseError(error);
      // A database that answers with an error is there; one that does not answer is opened anew.
      if (sqlState === undefined && failureKind(error) === 'away') connection.lost(database, message);
      return unavailable(`The store failed: ${message}`);
    }
  };
}

function unavailable(detail: string): StoreResult<never> {
  return { ok: false, refusal: refusal('store_unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS }) };
}

/** Goes on with the value of an answer. */
export function mapped<T, U>(result: StoreResult<T>, map: (value: T) => U): StoreResult<U> {
  return result.ok ? { ok: true, value: map(result.value) } : result;
}
