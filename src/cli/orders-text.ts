import type { Ordered, OrderedAll } from '../http/operate-api.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';

type Decided = Ordered['decided'][number];

/** What an order came to, a line for each thing that was decided. */
export function explainOrders(ordered: OrderedAll['triggers'][number], nowMs: number): readonly string[] {
  const { trigger } = ordered;
  if ('problem' in ordered) return [`${trigger}: ${ordered.problem}`];
  if (!ordered.changed) return [`${trigger}: nothing changed, it was so already`];
  return [
    ...ordered.decided.map((one) => `${trigger}: ${decidedText(one, nowMs)}`),
    ...(ordered.more > 0 ? [`${trigger}: and ${ordered.more} more`] : []),
  ];
}

function decidedText({ kind, key, stage, eventCount, runId, detail, why, dueAt }: Decided, nowMs: number): string {
  const of = key === undefined ? '' : ` key ${key}`;
  const about = eventCount === undefined || eventCount === 0 ? '' : ` of ${counted(eventCount, 'event')}`;
  const until = dueAt === undefined ? '' : ` until ${moment(dueAt, nowMs)}`;
  const because = why === undefined ? '' : `: ${why}`;
  switch (kind) {
    case 'runDecided':
      return `starts run ${runId ?? ''}${about}${of}`;
    case 'waiting':
      return `waits at ${stage ?? ''}${about}${of}${until}${because}`;
    case 'collected':
      return `collects in ${stage ?? ''}${about}${of}${until}`;
    case 'suppressed':
      return `suppressed by ${stage ?? ''}${about}${of}${because}`;
    case 'replayed':
      return `takes run ${detail ?? ''} again${about}${of}`;
    case 'breaker':
      return `breaker ${detail ?? ''}${of}`;
    default:
      return `${kind}${about}${of}${until}`;
  }
}

export function isOrdered(body: object): body is Ordered {
  return 'trigger' in body && 'decided' in body && Array.isArray(body.decided);
}

export function isFired(body: object): body is Ordered {
  return isOrdered(body) && 'idempotencyKey' in body;
}

export function isOrderedAll(body: object): body is OrderedAll {
  return 'triggers' in body && Array.isArray(body.triggers);
}
