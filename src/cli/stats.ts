import type { StatsAnswer } from '../explain/stats-answer.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp } from './output.ts';
import { statsLines, statsTable } from './stats-text.ts';

/** Shows what every trigger did since then, or one of them in detail. A trigger that is not there is a no. */
export async function stats(
  trigger: string | undefined,
  since: string,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const of = trigger === undefined ? '/v1/stats' : `/v1/triggers/${encodeURIComponent(trigger)}/stats`;
  const reply = await callService(service, `${of}?since=${encodeURIComponent(since)}`);
  if (!reply.ok) return giveUp(reply);
  const { body } = reply;
  if (isAll(body)) answer(format, body, () => statsTable(body.triggers, Date.now()));
  else if (isOne(body)) answer(format, body, () => statsLines(body, Date.now()));
  else {
    const said = giveUp(couldNotRun(problemText(body), 'Names: signalbox triggers'));
    return reply.status === 404 ? EXIT.no : said;
  }
  return EXIT.fine;
}

function isAll(body: object): body is { readonly triggers: readonly StatsAnswer[] } {
  return 'triggers' in body && Array.isArray(body.triggers);
}

function isOne(body: object): body is StatsAnswer {
  return 'fired' in body && 'runs' in body && 'trigger' in body;
}
