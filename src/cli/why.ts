import type { WhyAnswer } from '../explain/why-answer.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp } from './output.ts';
import { whyLines } from './why-text.ts';
import { terminalColumns } from './wrap.ts';

/** Says why a trigger fired, or did not, since then. A trigger that is not there is a no. */
export async function why(trigger: string, since: string, format: Format, service: Service): Promise<ExitCode> {
  const path = `/v1/triggers/${encodeURIComponent(trigger)}/why?since=${encodeURIComponent(since)}`;
  const reply = await callService(service, path);
  if (!reply.ok) return giveUp(reply);
  const { body } = reply;
  if (isWhy(body)) {
    answer(format, body, () => whyLines(body, Date.now(), terminalColumns()));
    return EXIT.fine;
  }
  const said = giveUp(couldNotRun(problemText(body), 'Names: signalbox triggers'));
  return reply.status === 404 ? EXIT.no : said;
}

function isWhy(body: object): body is WhyAnswer {
  return 'trigger' in body && 'conclusion' in body && 'suppressed' in body;
}
