import type { Statement } from './database.ts';

/** One SELECT as it is put together: its conditions, and the parameters they name. */
export class Select {
  readonly #conditions: string[] = [];
  readonly #params: (string | number)[] = [];

  /** The placeholder of a parameter. */
  param(value: string | number): string {
    return `$${this.#params.push(value)}`;
  }

  /** Adds a condition on a value that may not be asked for; `condition` is given its placeholder. */
  where(value: string | number | undefined, condition: (placeholder: string) => string): this {
    if (value !== undefined) this.#conditions.push(condition(this.param(value)));
    return this;
  }

  /** Adds a condition without a value. */
  and(condition: string): this {
    this.#conditions.push(condition);
    return this;
  }

  /** The statement: `head` is everything before WHERE, `tail` what follows. Every row is one JSON text. */
  statement(head: string, tail: string): Statement {
    const where = this.#conditions.length === 0 ? '' : `where ${this.#conditions.join(' and ')}`;
    return { sql: `select row_to_json(q)::text from (${head} ${where} ${tail}) q`, params: this.#params };
  }
}
