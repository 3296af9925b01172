import { eventIdOf } from '../accept/event-id.ts';
import type { EventAnswer } from '../explain/answer.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { explainLines } from './explain-text.ts';
import { answer, type Format, giveUp } from './output.ts';
import { terminalColumns } from './wrap.ts';

/** An event by its event id, or by the source and id of its CloudEvent. */
export type EventName = { readonly event: string; readonly id: string | undefined };

/** Says what happened to one event, and why. An event that the service does not know is a no. */
export async function explainEvent(
  { event, id }: EventName,
  trigger: string | undefined,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const eventId = id === undefined ? event : eventIdOf({ source: event, id });
  const asked = trigger === undefined ? '' : `?trigger=${encodeURIComponent(trigger)}`;
  const reply = await callService(service, `/v1/events/${encodeURIComponent(eventId)}/explain${asked}`);
  if (!reply.ok) return giveUp(reply);
  const { body } = reply;
  if (isExplanation(body)) {
    const page = { nowMs: Date.now(), columns: terminalColumns(), serviceUrl: service.url };
    answer(format, body, () => explainLines(body, page));
    return EXIT.fine;
  }
  const said = giveUp(couldNotRun(problemText(body), 'See: signalbox tail, or name it as SOURCE ID.'));
  return reply.status === 404 ? EXIT.no : said;
}

function isExplanation(body: object): body is EventAnswer {
  return 'eventId' in body && 'conclusion' in body && 'triggers' in body && Array.isArray(body.triggers);
}
