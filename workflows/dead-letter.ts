import {
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  proxySinks,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  type Sinks,
} from '@temporalio/workflow';

import {
  deadLetterQuery,
  discardLetterUpdate,
  discardSignal,
  editLetterUpdate,
  entriesSignal,
  letterBriefQuery,
  replayLetterUpdate,
} from '../src/contract/definitions.ts';
import type { DeadLetterInput, LetterEnd } from '../src/contract/messages.ts';
import { letterEndText } from '../src/core/dead-letters.ts';
import { Letter } from './shell/letter.ts';

/** What the metrics hear of. Best effort, never repeated on replay. */
type LetterSinks = Sinks & { letters: { closed: (trigger: string, how: 'replayed' | 'discarded') => void } };

const { letters } = proxySinks<LetterSinks>();

/** Events or a run that need a person: open until somebody is done with it. */
export async function deadLetter(input: DeadLetterInput): Promise<LetterEnd> {
  const letter = new Letter(input);
  const show = () => setCurrentDetails(letter.text());
  setHandler(entriesSignal, (batch) => {
    letter.receive(batch);
    show();
  });
  setHandler(discardSignal, (why: unknown) => void letter.discard(reasonOf(why)));
  setHandler(
    replayLetterUpdate,
    async (order) => {
      const answer = await letter.replay(order);
      show();
      return answer;
    },
    { validator: (order) => letter.check('replay', order) },
  );
  setHandler(
    editLetterUpdate,
    (order) => {
      const stands = letter.edit(order);
      show();
      return stands;
    },
    { validator: (order) => letter.check('edit', order) },
  );
  setHandler(discardLetterUpdate, ({ reason = 'no reason given', by }) => letter.discard(reason, by), {
    validator: (order) => letter.check('discard', order),
  });
  setDefaultSignalHandler((name) => log.error('a signal of an unknown name was left alone', { name }));
  setHandler(deadLetterQuery, () => letter.now());
  setHandler(letterBriefQuery, () => letter.brief());
  show();
  await condition(() => (letter.end !== undefined || letter.isFull) && allHandlersFinished());
  if (letter.end === undefined) return continueAsNew<typeof deadLetter>(letter.now());
  letters.closed(input.trigger, 'discarded' in letter.end ? 'discarded' : 'replayed');
  const unseen = letter.unseen();
  if (unseen) return continueAsNew<typeof deadLetter>(unseen);
  setCurrentDetails(`${letter.text()}\n\n${letterEndText(letter.end)}`);
  return letter.end;
}

/** Whoever discards without a reason means it no less. */
function reasonOf(why: unknown): string {
  const reason = typeof why === 'object' && why !== null && 'reason' in why ? why.reason : why;
  return typeof reason === 'string' ? reason : 'no reason given';
}
