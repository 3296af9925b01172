import type { Client } from '@temporalio/client';

import { BULK_LETTERS_MAX, BULK_NAMES_MAX_BYTES, type LetterFilter } from '../contract/bulk-replay.ts';
import { letterName, SEARCH_ATTRIBUTE } from '../contract/names.ts';
import { lettersQuery } from './visibility.ts';

/** Dead letters of one page of visibility: its most. */
const PAGE = 1_000;
/** Dead letters looked at: a hundred pages, some seconds. Of more the newest so many are. */
const LOOKED_AT_MAX = 100_000;

/** An open dead letter, as visibility knows it; `name` is short for its id. */
type Selected = { readonly name: string; readonly trigger: string; readonly code: string };

/** The open dead letters that fit, the oldest first, and how many fit beyond what one bulk replay takes. */
export type Selection = { readonly letters: readonly Selected[]; readonly beyond: number };

/** Asks visibility, which lags a little. Rejects where Temporal does not answer. */
export async function selectLetters(client: Client, filter: LetterFilter): Promise<Selection> {
  const newest: Selected[] = [];
  for await (const found of client.workflow.list({ query: lettersQuery(filter), pageSize: PAGE })) {
    const { workflowId, typedSearchAttributes: attributes } = found;
    if (filter.key !== undefined && attributes.get(SEARCH_ATTRIBUTE.key) !== filter.key) continue;
    const trigger = attributes.get(SEARCH_ATTRIBUTE.trigger) ?? '';
    const code = attributes.get(SEARCH_ATTRIBUTE.outcome) ?? '';
    newest.push({ name: letterName(workflowId), trigger, code });
    if (newest.length === LOOKED_AT_MAX) break;
  }
  const letters = fitting(newest.toReversed());
  return { letters, beyond: newest.length - letters.length };
}

/** As many as one bulk replay takes. */
function fitting(oldest: readonly Selected[]): readonly Selected[] {
  let bytes = 0;
  const end = oldest.findIndex(({ name }, index) => {
    bytes += name.length;
    return index >= BULK_LETTERS_MAX || bytes > BULK_NAMES_MAX_BYTES;
  });
  return end < 0 ? oldest : oldest.slice(0, end);
}
