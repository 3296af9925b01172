import type { Service } from './api.ts';
import { ask, whoAmI } from './ask.ts';
import {
  isDiscarded,
  isEdited,
  isLetter,
  isLetterList,
  isReplayed,
  letterLines,
  lettersLines,
} from './dead-letters-text.ts';
import { couldNotRun, type ExitCode } from './exit.ts';
import { parse } from './orders.ts';
import { type Format, giveUp } from './output.ts';
import type { By } from './runs.ts';

/** What to list. */
export type LetterFilter = {
  readonly trigger?: string;
  readonly target?: string;
  readonly code?: string;
  readonly kind?: string;
  readonly key?: string;
  readonly limit?: string;
  readonly page?: string;
};

/** Shows a page of open dead letters. */
export function letters(filter: LetterFilter, format: Format, service: Service): Promise<ExitCode> {
  const query = new URLSearchParams(Object.entries(filter)).toString();
  const path = query === '' ? '/v1/dead-letters' : `/v1/dead-letters?${query}`;
  return ask(service, { path }, format, (body) => (isLetterList(body) ? lettersLines(body, Date.now()) : undefined));
}

/** Shows one dead letter. */
export function letter(id: string, format: Format, service: Service): Promise<ExitCode> {
  return ask(service, { path: pathOf(id) }, format, (body) =>
    isLetter(body) ? letterLines(body, Date.now()) : undefined,
  );
}

/** Hands a dead letter over once more. */
export function replayLetter(id: string, by: By, format: Format, service: Service): Promise<ExitCode> {
  return ask(service, { path: pathOf(id, 'replay'), body: { by: whoAmI(), ...by } }, format, (body) => {
    if (!isReplayed(body)) return undefined;
    if ('called' in body) return [`${body.called} took it`];
    if ('taken' in body) {
      const { taken, left, why = '' } = body;
      return [`${taken} events were taken`, ...(left > 0 ? [`${left} stay: ${why}`] : [])];
    }
    const { runId, fate, why } = body;
    return [fate === 'started' ? `starts run ${runId}` : `run ${runId} waits${why === undefined ? '' : `: ${why}`}`];
  });
}

/** Gives parameters for the replay of a run; `params` is JSON. */
export async function editLetter(
  id: string,
  params: string | undefined,
  by: By,
  ...[format, service]: [Format, Service]
): Promise<ExitCode> {
  const given = params === undefined ? undefined : parse(params);
  if (given === undefined) {
    return giveUp(couldNotRun('edit needs --params with JSON', 'Give an object: --params \'{"full": true}\''));
  }
  const body = { by: whoAmI(), ...by, params: given };
  return ask(service, { path: pathOf(id, 'edit'), body }, format, (answer) =>
    isEdited(answer) ? [`its replay will have ${JSON.stringify(answer.params)}`] : undefined,
  );
}

/** Closes a dead letter, for a reason. */
export async function discardLetter(id: string, by: By, format: Format, service: Service): Promise<ExitCode> {
  if (by.reason === undefined) return giveUp(couldNotRun('discard needs a reason', 'Say why: --reason "…"'));
  return ask(service, { path: pathOf(id, 'discard'), body: { by: whoAmI(), ...by } }, format, (body) =>
    isDiscarded(body) ? [`${body.deadLetterId} is discarded: ${body.reason}`] : undefined,
  );
}

function pathOf(id: string, what?: string): string {
  return `/v1/dead-letters/${encodeURIComponent(id)}${what === undefined ? '' : `/${what}`}`;
}
