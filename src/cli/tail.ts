import { setTimeout as sleep } from 'node:timers/promises';

import type { FeedAnswer, FeedItem } from '../explain/feed-answer.ts';
import { callService, problemText, type Service } from './api.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { timeOfDay } from './moment.ts';
import { type Format, giveUp, harmless } from './output.ts';

/** How often the feed is asked while it is followed. */
const POLL_MS = 1_000;
/** The store writes after the acknowledgement: events this much older than the newest one may still appear. */
const LATE_MS = 30_000;
/** Events one poll takes. */
const PAGE_MAX = 1_000;

/** Which events are shown. `lines` of those that are there come first. */
export type TailOptions = {
  readonly follow: boolean;
  readonly lines: number;
  readonly source?: string;
  readonly type?: string;
  readonly trigger?: string;
  readonly unmatched: boolean;
};

/** Shows events as they come in, until it is stopped or, without `follow`, those that are there. */
export async function tail(options: TailOptions, format: Format, service: Service): Promise<ExitCode> {
  const shown = new Map<string, number>();
  let limit = options.lines;
  let sinceAt: number | undefined;
  for (;;) {
    const reply = await callService(service, `/v1/events?${queryOf(options, limit, sinceAt)}`);
    if (!reply.ok) return giveUp(reply);
    const { body } = reply;
    if (!isFeed(body)) return giveUp(couldNotRun(problemText(body), 'See the log of the service.'));
    const fresh = body.events.filter(({ eventId }) => !shown.has(eventId)).toReversed();
    for (const item of fresh) {
      shown.set(item.eventId, Date.parse(item.receivedAt));
      process.stdout.write(`${format === 'json' ? JSON.stringify(item) : harmless(tailLine(item))}\n`);
    }
    if (!options.follow) return EXIT.fine;
    const newestAt = Math.max(...shown.values(), 0);
    sinceAt = newestAt - LATE_MS;
    for (const [eventId, at] of shown) if (at < sinceAt) shown.delete(eventId);
    limit = PAGE_MAX;
    await sleep(POLL_MS);
  }
}

function queryOf(
  { source, type, trigger, unmatched }: TailOptions,
  limit: number,
  sinceAt: number | undefined,
): string {
  return new URLSearchParams({
    limit: String(limit),
    ...(source !== undefined && { source }),
    ...(type !== undefined && { type }),
    ...(trigger !== undefined && { trigger }),
    ...(unmatched && { unmatched: 'true' }),
    ...(sinceAt !== undefined && { since: new Date(sinceAt).toISOString() }),
  }).toString();
}

/** One event on one line: when, which, what, and who took it. */
export function tailLine({ receivedAt, eventId, type, source, triggers, failed }: FeedItem): string {
  const took = triggers.map(({ trigger, key }) => (key === 'default' ? trigger : `${trigger} (${key})`));
  const not = failed.map(({ trigger, code }) => `${trigger}: ${code}`);
  const to = [...took, ...not].join(', ');
  const what = [type, source].filter((part) => part !== undefined).join(' ');
  return `${timeOfDay(new Date(receivedAt))}  ${eventId}  ${what}  → ${to === '' ? 'no trigger' : to}`;
}

function isFeed(body: object): body is FeedAnswer {
  return 'events' in body && Array.isArray(body.events);
}
