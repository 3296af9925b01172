import { userInfo } from 'node:os';

import { callService, problemText, type Service, violationsOf } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { answer, type Format, giveUp, tell } from './output.ts';

/** A call of the service that reads or orders something. */
export type Asked = {
  readonly path: string;
  /** Sent as JSON by POST; without it the call is a GET. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
};

/**
 * Asks the service and shows what it answered; `lines` writes it for people, undefined where it is not what was asked
 * for. A refusal of what was asked (no such thing, not now) is a no.
 */
export async function ask(
  service: Service,
  { path, body, headers, timeoutMs }: Asked,
  format: Format,
  lines: (body: object) => readonly string[] | undefined,
): Promise<ExitCode> {
  const reply = await callService(service, path, {
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  if (!reply.ok) return giveUp(reply);
  const shown = reply.status < 300 ? lines(reply.body) : undefined;
  if (shown) {
    answer(format, reply.body, () => shown);
    return EXIT.fine;
  }
  if ([400, 404, 409, 422].includes(reply.status)) return tellRefusal(reply.body);
  return giveUp(couldNotRun(`The service answered ${reply.status} ${problemText(reply.body)}`, 'See its log.'));
}

/** Shows why the service refuses what was asked: a no. */
export function tellRefusal(body: object): ExitCode {
  tell(problemText(body));
  for (const { pointer, message } of violationsOf(body)) tell(`  ${pointer}: ${message}`);
  return EXIT.no;
}

/** Who orders where nobody is named: who is logged in here. */
export function whoAmI(): string {
  try {
    return userInfo().username;
  } catch {
    return 'cli';
  }
}
