import type { TriggerDetail, TriggerSummary } from '../http/read-api.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp } from './output.ts';
import { detailLines, listLines } from './triggers-text.ts';

/** Shows every trigger, or one of them whole. A name that no trigger has is a no. */
export async function triggers(name: string | undefined, format: Format, service: Service): Promise<ExitCode> {
  const path = name === undefined ? '/v1/triggers' : `/v1/triggers/${encodeURIComponent(name)}`;
  const reply = await callService(service, path);
  if (!reply.ok) return giveUp(reply);
  const { body } = reply;
  if (reply.status === 404 && name !== undefined) {
    giveUp(couldNotRun(problemText(body), 'Names: signalbox triggers'));
    return EXIT.no;
  }
  if (isList(body)) answer(format, body, () => listLines(body.triggers, Date.now()));
  else if (isDetail(body)) answer(format, body, () => detailLines(body, Date.now()));
  else return giveUp(couldNotRun(`The service answered ${reply.status} ${problemText(body)}`, 'See its log.'));
  return EXIT.fine;
}

function isList(body: object): body is { readonly triggers: readonly TriggerSummary[] } {
  return 'triggers' in body && Array.isArray(body.triggers);
}

function isDetail(body: object): body is TriggerDetail {
  return 'name' in body && 'keys' in body && Array.isArray(body.keys);
}
