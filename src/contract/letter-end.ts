import type { LetterEnd } from './messages.ts';

/** How a dead letter was closed and by whom, in a sentence. */
export function closedText(deadLetterId: string, end: LetterEnd): string {
  const who = end.by === undefined ? '' : ` by ${end.by}`;
  return `Dead letter ${deadLetterId} ${how(end)}${who}.`;
}

function how(end: LetterEnd): string {
  if ('discarded' in end) return `was discarded (${end.discarded})`;
  if ('called' in end) return `was replayed: ${end.called} took the call`;
  return 'taken' in end ? `was replayed: ${end.taken} events` : `was replayed as ${end.replayed}`;
}
