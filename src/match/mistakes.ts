import type { Violation } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import { isList, isObject } from './json.ts';

/** What is allowed in a value list but surely not meant: its entries are alternatives, any one is enough. */
export function mistakesIn(list: readonly Json[], path: string, pointer: string): Violation[] {
  const operators = list.map((entry) => (isObject(entry) ? (Object.keys(entry)[0] ?? '') : 'literal'));
  const has = (name: string): boolean => operators.includes(name);
  const messages: string[] = [];
  if (has('prefix') && has('suffix')) {
    messages.push('prefix and suffix in one list are OR: for both at once write { "wildcard": "start*end" }');
  }
  if (list.length > 1 && list.some((entry) => isObject(entry) && entry['exists'] === true)) {
    messages.push('exists: true makes every other value of the list needless');
  }
  if (list.length > 1 && has('anything-but')) {
    messages.push('anything-but next to other values is OR: put everything to exclude into one anything-but list');
  }
  if (list.filter((entry) => isHalfRange(entry)).length > 1) {
    messages.push('two numeric bounds in one list are OR: write one { "numeric": [">", low, "<", high] }');
  }
  const [attribute = '', ...inside] = path.split('.');
  if (!/^[a-z0-9_]+$/.test(attribute)) {
    messages.push(`no CloudEvents attribute is called ${JSON.stringify(attribute)}: the payload is under data`);
  } else if (inside.length > 0 && attribute !== 'data') {
    messages.push(`only data has fields inside it: ${attribute} is an attribute, a single value`);
  }
  return messages.map((message) => ({ pointer, message }));
}

function isHalfRange(entry: Json): boolean {
  if (!isObject(entry)) return false;
  const numeric = entry['numeric'];
  return isList(numeric) && numeric.length === 2 && numeric[0] !== '=';
}
