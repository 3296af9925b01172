import type { LetterFilter } from '../contract/bulk-replay.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../contract/names.ts';

/** Temporal compares these as it would write them, escaped, so a text that holds one equals nothing. */
const ESCAPED = /["'\\\p{Cc}]/u;

/** A text in a query, of those that hold nothing Temporal would escape. */
export function quoted(value: string): string {
  return `"${value}"`;
}

/** The key, or as much of it as visibility can compare; whoever asks compares the rest. */
export function keyClause(key: string): readonly string[] {
  const { name } = SEARCH_ATTRIBUTE.key;
  const at = key.search(ESCAPED);
  if (at < 0) return [`${name} = ${quoted(key)}`];
  return at === 0 ? [] : [`${name} STARTS_WITH ${quoted(key.slice(0, at))}`];
}

/** Open dead letters, in the query language of visibility. Only those of runs have a key. */
export function lettersQuery({ trigger, target, code, kind, key, fromAt, untilAt }: LetterFilter): string {
  const { trigger: ofTrigger, target: ofTarget, outcome, key: ofKey } = SEARCH_ATTRIBUTE;
  const is = (name: string, value: string | undefined) => (value === undefined ? [] : [`${name} = ${quoted(value)}`]);
  const time = (how: string, at: number | undefined) =>
    at === undefined ? [] : [`StartTime ${how} ${quoted(new Date(at).toISOString())}`];
  return [
    `WorkflowType = ${quoted(WORKFLOW.deadLetter)} AND ExecutionStatus = "Running"`,
    ...is(ofTrigger.name, trigger),
    ...is(ofTarget.name, target),
    ...is(outcome.name, code),
    ...(key === undefined ? [] : keyClause(key)),
    ...(kind === undefined ? [] : [`${ofKey.name} IS ${kind === 'run' ? 'NOT ' : ''}NULL`]),
    ...time('>=', fromAt),
    ...time('<=', untilAt),
  ].join(' AND ');
}
