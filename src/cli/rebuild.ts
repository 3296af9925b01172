import type { RebuildAnswer } from '../http/shapes/rebuild.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { counted } from '../explain/counted.ts';
import { answer, type Format, giveUp, tell } from './output.ts';

/** Between two questions how it goes. */
const ASK_EVERY_MS = 500;

/** Restores the store from Temporal's history and waits for the end. What could not be restored whole is a no. */
export async function rebuild(format: Format, service: Service): Promise<ExitCode> {
  const headers = { 'content-type': 'application/json' };
  let reply = await callService(service, '/v1/store/rebuild', { method: 'POST', headers, body: '{}' });
  let told = '';
  for (;;) {
    if (!reply.ok) return giveUp(reply);
    const { body, status } = reply;
    if (status >= 300 || !isRebuild(body)) {
      return giveUp(couldNotRun(`The service answered ${status} ${problemText(body)}`, 'See its log.'));
    }
    if (body.state !== 'running') {
      answer(format, body, () => [`${body.state}: ${progressOf(body)}`, ...body.problems]);
      return body.state === 'done' ? EXIT.fine : EXIT.no;
    }
    const progress = progressOf(body);
    if (progress !== told) tell(progress);
    told = progress;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    reply = await callService(service, '/v1/store/rebuild');
  }
}

function progressOf({ histories, facts, events, lostFacts }: RebuildAnswer): string {
  const lost = lostFacts === 0 ? '' : `; ${counted(lostFacts, 'fact')} in no history any more`;
  return `${histories === 1 ? '1 history' : `${histories} histories`}, ${counted(facts, 'fact')}, ${counted(events, 'event')}${lost}`;
}

function isRebuild(body: object): body is RebuildAnswer {
  return 'state' in body && 'histories' in body && 'problems' in body;
}
