import type { Json } from '../spec/json.ts';

/** The settings of a target: JSON whose optional members may be undefined. */
export type Settings = Json | undefined | readonly Settings[] | { readonly [name: string]: Settings };

/** One place of a target's settings that may hold `${{ }}`. */
export type Place = {
  readonly value: Json;
  readonly path: readonly (string | number)[];
  /** Filled in once the start was answered: its templates see `result`. */
  readonly afterStart: boolean;
};

type Filled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };

/**
 * Members that are JSON for the other side: an expression alone in a string keeps its type there. Every other string of
 * a target comes out as text.
 */
const JSON_MEMBERS: ReadonlySet<string> = new Set([
  'blocks',
  'body',
  'conf',
  'details',
  'inputs',
  'jobVariables',
  'manifest',
  'parameters',
  'runConfig',
]);

/** Members whose own members are named by the user, and are text whatever they are called. */
const NAMED_MEMBERS: ReadonlySet<string> = new Set(['env', 'headers', 'tags']);

/** Members that are about what was started, so their templates see `result`, the answer to the start. */
const AFTER_START_MEMBERS: ReadonlySet<string> = new Set(['watch', 'cancel']);

/** Members that are bare CEL over an answer: they are evaluated, never filled in. */
const CONDITION_MEMBERS: ReadonlySet<string> = new Set(['succeeded', 'failed']);

/** Every place of settings that may hold `${{ }}`. References to secrets hold none. */
export function placesOf(settings: Settings, path: Place['path'] = [], afterStart = false): Place[] {
  if (typeof settings === 'string') return [{ value: settings, path, afterStart }];
  if (isItems(settings)) return settings.flatMap((it, index) => placesOf(it, [...path, index], afterStart));
  if (!isMembers(settings) || isSecret(settings)) return [];
  return Object.entries(settings).flatMap(([name, value]) => {
    const at = [...path, name];
    if (CONDITION_MEMBERS.has(name)) return [];
    if (NAMED_MEMBERS.has(name) && isMembers(value)) {
      return Object.entries(value).flatMap(([own, one]) => placesOf(one, [...at, own], afterStart));
    }
    if (JSON_MEMBERS.has(name) && isJson(value)) return [{ value, path: at, afterStart }];
    return placesOf(value, at, afterStart || AFTER_START_MEMBERS.has(name));
  });
}

/**
 * Settings with every template filled in by `fill`; the first that fails ends it. Before the start is answered, what is
 * about its answer stays as it is written.
 */
export function fillSettings<T extends Settings>(
  settings: T,
  fill: (value: Json) => Filled<Json>,
  answered: boolean,
): Filled<T>;
export function fillSettings(
  settings: Settings,
  fill: (value: Json) => Filled<Json>,
  answered: boolean,
): Filled<Settings> {
  let failure: string | undefined;
  const filled = (value: Json): Json => {
    if (failure !== undefined) return value;
    const one = fill(value);
    if (!one.ok) failure = one.detail;
    return one.ok ? one.value : value;
  };
  const text = (value: string): string => {
    const one = filled(value);
    return typeof one === 'string' ? one : JSON.stringify(one);
  };
  const walk = (value: Settings): Settings => {
    if (typeof value === 'string') return text(value);
    if (isItems(value)) return value.map(walk);
    if (!isMembers(value) || isSecret(value)) return value;
    const members = Object.entries(value).map(([name, one]): [string, Settings] => {
      if (CONDITION_MEMBERS.has(name) || (AFTER_START_MEMBERS.has(name) && !answered)) return [name, one];
      if (NAMED_MEMBERS.has(name) && isMembers(one)) {
        return [name, Object.fromEntries(Object.entries(one).map(([own, it]) => [own, walk(it)]))];
      }
      return [name, JSON_MEMBERS.has(name) && isJson(one) ? filled(one) : walk(one)];
    });
    return Object.fromEntries(members);
  };
  const value = walk(settings);
  return failure === undefined ? { ok: true, value } : { ok: false, detail: failure };
}

function isItems(value: Settings): value is readonly Settings[] {
  return Array.isArray(value);
}

function isMembers(value: Settings): value is { readonly [name: string]: Settings } {
  return typeof value === 'object' && value !== null && !isItems(value);
}

/** `{ secret: "env:NAME" }`, which nothing looks into. */
function isSecret(value: { readonly [name: string]: Settings }): boolean {
  return typeof value['secret'] === 'string' && Object.keys(value).length === 1;
}

function isJson(value: Settings): value is Json {
  if (value === undefined) return false;
  if (isItems(value)) return value.every(isJson);
  return !isMembers(value) || Object.values(value).every(isJson);
}
