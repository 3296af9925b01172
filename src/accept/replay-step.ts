import type { ReplayStepInput, ReplayStepped } from '../contract/replays.ts';
import type { Definitions } from '../load/definitions.ts';
import type { StoredEvent, StoreReader } from '../store/store.ts';
import { pick } from './once-more.ts';
import type { Accept, IncomingEvent } from './outcome.ts';

/** Stored events that one step looks through for those that the trigger takes: well under the time of an activity. */
const LOOKED_AT_MAX = 5_000;

/** Offers the next stored events of a replay to its trigger. A refusal that may pass is thrown by whoever repeats it. */
export type StepReplay = (input: ReplayStepInput) => Promise<ReplayStepped & { readonly retryable?: true }>;

export type StepDependencies = {
  readonly definitions: () => Definitions;
  readonly eventsBetween: StoreReader['eventsBetween'];
  readonly accept: Accept;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

type Found = {
  readonly incoming: IncomingEvent[];
  failed: number;
  notTaken: number;
  partial: number;
  after?: { readonly receivedAt: number; readonly eventId: string };
};

/** One step of a replay. The same step again brings the same events with the same ids, which dedup recognises. */
export function createStepReplay(deps: StepDependencies): StepReplay {
  return async (input) => {
    const { trigger: name, replayId, most } = input;
    const trigger = deps.definitions().triggers.get(name);
    if (!trigger) return { ok: false, code: 'not_found', detail: `No trigger is named ${name} any more.` };
    const at = deps.now();
    const found: Found = { incoming: [], failed: 0, notTaken: 0, partial: 0 };
    const take = (stored: StoredEvent): boolean => {
      const picked = pick(trigger, stored, replayId, at);
      found.after = { receivedAt: stored.receivedAt, eventId: stored.eventId };
      if (picked.kind === 'notTaken' || picked.kind === 'partial') found[picked.kind] += 1;
      else found.incoming.push(picked.incoming);
      if (picked.kind === 'failed') found.failed += 1;
      return found.incoming.length < most && found.incoming.length + found.notTaken + found.partial < LOOKED_AT_MAX;
    };
    const read = await readOn(deps, input, take);
    if (!read.ok) return read;
    const { incoming, failed, notTaken, partial, after } = found;
    const outcome = incoming.length === 0 ? undefined : await deps.accept(incoming, { only: name });
    if (outcome?.kind === 'refused') return { ok: false, ...outcome.refusal, retryable: true };
    const counts = { offered: incoming.length - failed, failed, notTaken, partial };
    return { ok: true, ...counts, ...(after && { after }), done: read.isEnd };
  };
}

/** Reads stored events until there are no more, or `take` has enough. */
async function readOn(
  { eventsBetween }: StepDependencies,
  { sinceAt, untilAt, after }: ReplayStepInput,
  take: (event: StoredEvent) => boolean,
): Promise<{ readonly ok: true; readonly isEnd: boolean } | Extract<ReplayStepped, { ok: false }>> {
  for await (const page of eventsBetween({ sinceAt, untilAt, ...(after && { after }) })) {
    if (!page.ok) {
      const { code, detail } = page.refusal;
      return { ok: false, code, detail, ...(code !== 'store_off' && { retryable: true }) };
    }
    for (const event of page.value) if (!take(event)) return { ok: true, isEnd: false };
  }
  return { ok: true, isEnd: true };
}
