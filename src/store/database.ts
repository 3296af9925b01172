/** One SQL statement. Parameters are text and numbers only: rows go in as one JSON text. */
export type Statement = { readonly sql: string; readonly params: readonly (string | number | null)[] };

/** An open database with the schema of this version. */
export type Database = {
  /**
   * Runs statements in one transaction. Gives the rows of each, a row as the JSON text of its only column. Rejects with a
   * DatabaseError; then nothing of it was written, or it is not known whether.
   */
  run(statements: readonly Statement[]): Promise<readonly (readonly string[])[]>;
  /** Does what a server does by itself: frees the room of deleted rows, counts what the planner estimates by. */
  maintain(): Promise<void>;
  close(): Promise<void>;
};

/** What opening a database gave; `detail` says what is wrong and what to do about it. */
export type Opened =
  | { readonly ok: true; readonly database: Database }
  | { readonly ok: false; readonly detail: string };

/** A statement that failed; `sqlState` is PostgreSQL's five characters, absent where the database did not answer. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly sqlState: string | undefined;

  constructor(message: string, sqlState: string | undefined) {
    super(message);
    this.sqlState = sqlState;
  }
}

/**
 * What a failure says about writing the same again. `data`: these rows will never fit (SQLSTATE classes 22 data exception,
 * 23 integrity violation, 54 limit exceeded). `busy`: at once, two writers met (class 40). `away`: after opening anew.
 */
export function failureKind(error: unknown): 'data' | 'busy' | 'away' {
  const state = error instanceof DatabaseError ? (error.sqlState ?? '') : '';
  if (/^(22|23|54)/.test(state)) return 'data';
  return state.startsWith('40') ? 'busy' : 'away';
}

/** Anything thrown, as a DatabaseError. */
export function databaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (!(error instanceof Error)) return new DatabaseError(String(error), undefined);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return new DatabaseError(error.message, code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined);
}
