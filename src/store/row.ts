import type { Json, JsonObject } from '../spec/json.ts';

/** One row as the database gave it: reads its columns by the type that the statement gives them. */
export class Row {
  readonly #members: ReadonlyMap<string, unknown>;

  /** `json` is the JSON text of an object. */
  constructor(json: string) {
    this.#members = new Map(Object.entries(asObject(JSON.parse(json))));
  }

  text(name: string): string {
    return this.maybeText(name) ?? '';
  }

  maybeText(name: string): string | undefined {
    const value = this.#members.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  number(name: string): number {
    return this.maybeNumber(name) ?? 0;
  }

  maybeNumber(name: string): number | undefined {
    const value = this.#members.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#members.get(name) === true;
  }

  maybeTexts(name: string): readonly string[] | undefined {
    const value = this.#members.get(name);
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
  }

  /** A column that holds JSON as text. */
  json(name: string): JsonObject {
    return asObject(JSON.parse(this.maybeText(name) ?? '{}'));
  }
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** What JSON.parse gives is JSON. */
export function isObject(value: unknown): value is { readonly [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members that are present. */
export function present<T extends object>(members: T): { [N in keyof T]?: Exclude<T[N], undefined> } {
  const kept: { [N in keyof T]?: Exclude<T[N], undefined> } = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) Object.assign(kept, { [name]: value });
  }
  return kept;
}
