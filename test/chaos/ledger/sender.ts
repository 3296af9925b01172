import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import type { Acked } from './evidence.ts';
import type { Random } from './random.ts';
import { type FloodEvent, Traffic, triggersOf } from './traffic.ts';

const acknowledgement = z.object({
  accepted: z.array(
    z.object({ eventId: z.string(), id: z.string(), triggers: z.array(z.object({ trigger: z.string() })) }),
  ),
  deadLettered: z.array(z.object({ index: z.number(), trigger: z.string() })),
});

/** A connection waits this long at most between two requests of the flood. */
const PAUSE_MAX_MS = 15;
/** What was not acknowledged is sent again after this. */
const AGAIN_MS = 150;
/** Longer than the service tries. */
const REPLY_TIMEOUT_MS = 12_000;
/** When the flood is over, what is unacknowledged is tried this long. */
const LAST_TRIES_MS = 60_000;

/** What the sender knows: the acknowledgement ledger, and what it went through. */
export type Sent = {
  readonly acked: Acked[];
  readonly ackedDead: Acked[];
  /** Answers that do not name what the event was for. */
  readonly misnamed: string[];
  /** Requests tried again, by what the last try came to. */
  readonly again: Map<string, number>;
  lastAckAt: number;
  longestGapMs: number;
};

/** Sends until `isOver`, over several connections, and then on until everything made was acknowledged. */
export async function flood(
  options: {
    readonly url: () => string;
    readonly connections: number;
    readonly eventsMax: number;
    readonly ledger: string;
  },
  draw: Random,
  isOver: () => boolean,
): Promise<Sent> {
  const traffic = new Traffic(draw);
  const sent: Sent = {
    acked: [],
    ackedDead: [],
    misnamed: [],
    again: new Map(),
    lastAckAt: Date.now(),
    longestGapMs: 0,
  };
  const connection = async () => {
    while (!isOver() && traffic.made < options.eventsMax) {
      const events = traffic.request();
      await sendUntilAcked(options, events, sent, isOver);
      traffic.acknowledge(events);
      await delay(draw.below(PAUSE_MAX_MS));
    }
  };
  await Promise.all(Array.from({ length: options.connections }, connection));
  return sent;
}

/** The same events with the same ids until a 2xx: what a correct sender does. */
async function sendUntilAcked(
  { url, ledger }: { readonly url: () => string; readonly ledger: string },
  events: readonly FloodEvent[],
  sent: Sent,
  isOver: () => boolean,
): Promise<void> {
  let over: number | undefined;
  for (;;) {
    const answer = await post(url(), events);
    if (answer.kind === 'acknowledged') {
      record(answer.body, events, sent, ledger);
      return;
    }
    sent.again.set(answer.why, (sent.again.get(answer.why) ?? 0) + 1);
    if (isOver()) over ??= Date.now();
    if (over !== undefined && Date.now() - over > LAST_TRIES_MS) throw new Error(`never acknowledged: ${answer.why}`);
    await delay(AGAIN_MS);
  }
}

type Answer =
  | { readonly kind: 'acknowledged'; readonly body: z.infer<typeof acknowledgement> }
  | { readonly kind: 'again'; readonly why: string };

async function post(url: string, events: readonly FloodEvent[]): Promise<Answer> {
  const [first] = events;
  const single = events.length === 1;
  try {
    const response = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': `application/cloudevents${single ? '' : '-batch'}+json` },
      body: JSON.stringify(single ? first : events),
      signal: AbortSignal.timeout(REPLY_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 202) return { kind: 'acknowledged', body: acknowledgement.parse(JSON.parse(text)) };
    if (response.status === 503) return { kind: 'again', why: `503 ${/"code":"([a-z_]+)"/.exec(text)?.[1]}` };
    return { kind: 'again', why: `unexpected ${response.status} ${text.slice(0, 200)}` };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) throw error;
    return {
      kind: 'again',
      why: error instanceof Error && error.name === 'TimeoutError' ? 'no answer' : 'no connection',
    };
  }
}

/** Into the ledger before anything else happens with it. */
function record(
  { accepted, deadLettered }: z.infer<typeof acknowledgement>,
  events: readonly FloodEvent[],
  sent: Sent,
  ledger: string,
): void {
  const acked = accepted.flatMap(({ eventId, triggers }) => triggers.map(({ trigger }) => ({ trigger, eventId })));
  const dead = deadLettered.map(({ index, trigger }) => ({ trigger, eventId: accepted[index]?.eventId ?? '' }));
  appendFileSync(ledger, `${JSON.stringify({ at: Date.now(), acked, dead })}\n`);
  sent.acked.push(...acked);
  sent.ackedDead.push(...dead);
  for (const [index, event] of events.entries()) {
    const eventId = accepted[index]?.eventId;
    const named = [...acked, ...dead].filter((one) => one.eventId === eventId).map(({ trigger }) => trigger);
    const wanted = triggersOf(event);
    if (!wanted.every((trigger) => named.includes(trigger)) || !named.every((trigger) => wanted.includes(trigger))) {
      sent.misnamed.push(`${event.id} of ${event.type}: ${named.join(', ')}`);
    }
  }
  sent.longestGapMs = Math.max(sent.longestGapMs, Date.now() - sent.lastAckAt);
  sent.lastAckAt = Date.now();
}
