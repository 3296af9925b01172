import {
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';

import { deadLetterQuery, discardSignal, entriesSignal } from '../src/contract/definitions.ts';
import type { DeadLetterInput } from '../src/contract/messages.ts';
import { readEntries } from '../src/contract/read-messages.ts';
import { addEntry, deadLetterText, type Held } from '../src/core/dead-letters.ts';
import { jsonBytes } from '../src/core/json-bytes.ts';

/** A run of a dead letter takes this many signals, far under Temporal's 10,000. */
const SIGNALS_MAX = 1_000;
/** The same by what the entries bring, far under Temporal's 50 MB: an entry brings up to 256 KB. */
const SIGNALS_MAX_BYTES = 8 * 1_024 * 1_024;

/** Events or a run that need a person: open until somebody is done with it. */
export async function deadLetter(input: DeadLetterInput): Promise<{ readonly discarded: string }> {
  const held: Held = { entries: [...input.entries], bytes: 0, beyond: input.beyond ?? 0 };
  for (const entry of held.entries) held.bytes += jsonBytes(entry.event);
  /** What came after it was discarded, in the same task: nobody has seen it. */
  const after: Held = { entries: [], bytes: 0, beyond: 0 };
  const show = () => setCurrentDetails(deadLetterText(input, held));
  const now = ({ entries, beyond } = held): DeadLetterInput => ({ ...input, entries, beyond });
  let discarded: string | undefined;
  let signals = 0;
  let bytes = 0;
  setHandler(entriesSignal, (batch) => {
    signals += 1;
    const { entries, refused } = readEntries(batch);
    if (refused.length > 0) log.error('a signal was left alone, or a part of it', { what: refused.join(', ') });
    for (const entry of entries) {
      bytes += jsonBytes(entry.event) + jsonBytes(entry.detail);
      addEntry(discarded === undefined ? held : after, entry);
    }
    show();
  });
  setHandler(discardSignal, (why: unknown) => {
    discarded ??= reasonOf(why);
  });
  setDefaultSignalHandler((name) => log.error('a signal of an unknown name was left alone', { name }));
  setHandler(deadLetterQuery, () => now());
  show();
  await condition(() => discarded !== undefined || signals >= SIGNALS_MAX || bytes >= SIGNALS_MAX_BYTES);
  if (discarded === undefined) return continueAsNew<typeof deadLetter>(now());
  if (after.entries.length > 0) return continueAsNew<typeof deadLetter>(now(after));
  return { discarded };
}

/** Whoever discards without a reason means it no less. */
function reasonOf(why: unknown): string {
  const reason = typeof why === 'object' && why !== null && 'reason' in why ? why.reason : why;
  return typeof reason === 'string' ? reason : 'no reason given';
}
