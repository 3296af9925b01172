import type { Waiting } from './state.ts';

/** Whether a waiting candidate is one that others of its key join: held, and made of events alone. */
export function joinable({ how, cause }: Pick<Waiting, 'how' | 'cause'>): boolean {
  return how === 'hold' && cause !== 'manual' && cause !== 'fallback' && cause !== 'replay';
}
