import type { Refusal } from '../../src/errors.ts';
import type { AcceptedEventRecord, StoredEvent, StoredPlace, StoreReader } from '../../src/store/store.ts';

/** What was accepted, as the store keeps it, in memory. */
export class KeptEvents {
  readonly all: StoredEvent[] = [];
  /** Why it cannot be asked now. */
  refusal: Refusal | undefined;

  readonly record = (events: readonly AcceptedEventRecord[]): void => {
    this.all.push(...events.map(storedOf));
  };

  async *between({
    sinceAt,
    untilAt,
    after,
  }: Parameters<StoreReader['eventsBetween']>[0]): ReturnType<StoreReader['eventsBetween']> {
    if (this.refusal) return yield { ok: false, refusal: this.refusal };
    const value = this.all
      .filter(({ receivedAt, replayOf }) => replayOf === undefined && receivedAt >= sinceAt && receivedAt < untilAt)
      .filter((event) => after === undefined || placeOf(event) > placeOf(after))
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
    yield { ok: true, value };
  }
}

/** Times of these tests have as many digits. */
function placeOf({ receivedAt, eventId }: StoredPlace): string {
  return `${receivedAt} ${eventId}`;
}

function storedOf({ event, ...record }: AcceptedEventRecord): StoredEvent {
  const replayOf = event['signalboxreplayof'];
  return { ...record, event, deliveries: 1, pruned: false, ...(typeof replayOf === 'string' && { replayOf }) };
}
