import { explain, spanText } from '../core/explain.ts';
import type { Reason, StageName } from '../core/reason.ts';
import type { OpenPlace, Place } from '../core/whereabouts.ts';
import type { Definition } from '../spec/definition.ts';
import type { StoredEntry } from '../store/store.ts';
import { rfc3339, type StageAnswer, type TriggerAnswer } from './answer.ts';
import { counted } from './counted.ts';
import { stagesOf } from './stage-order.ts';

/** What an event's way through the stages is told from. Times are epoch milliseconds. */
export type Way = {
  readonly key: string | undefined;
  readonly receivedAt: number;
  /** The time the event itself names. */
  readonly time?: number;
  /** The first delivery's entries in the order of their seq. */
  readonly entries: readonly StoredEntry[];
  readonly definition?: Definition;
  /** Where the instance has it now. */
  readonly place?: Place;
  /** Where its run waits for approval now. */
  readonly approval?: NonNullable<TriggerAnswer['run']>['approval'];
  /** Why its run did not succeed. */
  readonly failure?: string;
};

/**
 * The verdict of every stage in its order. A stage without an entry of its own has passed where a later one spoke, and
 * was not reached where an earlier one ended it; what is known of neither is `unknown`.
 */
export function stageAnswers(way: Way): readonly StageAnswer[] {
  const said = new Map<StageName, StageAnswer>();
  let latest: Said | undefined;
  for (const entry of way.entries) {
    const answer = answerOf(entry, way);
    if (!answer) continue;
    said.set(answer.stage, answer);
    latest = answer;
  }
  const { place } = way;
  if (place && place.kind !== 'gone' && place.kind !== 'starting') {
    const stage = place.kind === 'kept' ? 'pause' : place.stage;
    const heldBy = way.entries.findLast((entry) => entry.kind === 'waiting' && entry.stage === stage);
    latest = { stage, verdict: 'waiting', ...placed(place, way.key, heldBy?.why) };
    said.set(stage, latest);
  }
  const order = stagesOf(way.definition, new Set(said.keys()));
  // What waits is looked at from the first stage on: it may have gone back to an earlier one than held it before.
  const waitsAt = latest?.verdict === 'waiting' ? order.indexOf(latest.stage) : -1;
  const last = waitsAt >= 0 ? waitsAt : order.findLastIndex((stage) => said.has(stage));
  const ended = last >= 0 && isEnd(said.get(order[last] ?? 'run')?.verdict);
  const isKept = place?.kind === 'kept' || (place === undefined && way.entries.at(-1)?.kind === 'kept');
  return order.map((stage, index): StageAnswer => {
    const own = said.get(stage);
    if (own) return index !== last && own.verdict === 'waiting' ? { ...own, verdict: 'held' } : own;
    if (isKept && GATHERING.has(stage)) {
      return { stage, verdict: 'notReached', sentence: 'What is kept comes here at the resume.' };
    }
    if (index < last) return { stage, verdict: 'passed', sentence: passedText(stage, way) };
    return ended
      ? { stage, verdict: 'notReached', sentence: 'It did not come this far.' }
      : { stage, verdict: 'unknown', sentence: 'No verdict of this stage is known yet.' };
  });
}

/** Told before the pause, but a paused trigger keeps events from them. */
const GATHERING: ReadonlySet<StageName> = new Set(['order', 'correlate', 'threshold', 'debounce', 'batch']);

type Said = StageAnswer & { readonly stage: StageName };

function isEnd(verdict: StageAnswer['verdict'] | undefined): boolean {
  return verdict === 'suppressed' || verdict === 'deadLettered' || verdict === 'waiting';
}

function answerOf(entry: StoredEntry, way: Way): Said | undefined {
  const { key } = way;
  const at = rfc3339(entry.at);
  const reason = entry.why && { reason: entry.why };
  const why = entry.why ? ` ${explain(entry.why, rfc3339)}` : '';
  const until = entry.dueAt !== undefined && { until: rfc3339(entry.dueAt) };
  switch (entry.kind) {
    case 'suppressed':
      return { stage: entry.stage ?? 'run', verdict: 'suppressed', sentence: why.trim(), at, ...reason };
    case 'deadLettered': {
      const sentence = `It became a dead letter, ${entry.reason}.${why}`;
      return { stage: entry.stage ?? 'dedupe', verdict: 'deadLettered', sentence, at, ...reason };
    }
    case 'collected':
      return {
        stage: entry.stage ?? 'debounce',
        verdict: 'waiting',
        sentence: collectedText(entry, key ?? entry.key ?? ''),
        at,
        ...until,
      };
    case 'kept':
      return {
        stage: 'pause',
        verdict: 'waiting',
        sentence: 'It came while the trigger was paused, and was kept.',
        at,
      };
    case 'waiting': {
      const others = othersText(entry.eventCount ?? entry.eventIds?.length ?? 1);
      const sentence = `Held back${others}.${why}`;
      return { stage: entry.stage ?? 'cooldown', verdict: 'waiting', sentence, at, ...until, ...reason };
    }
    case 'runDecided': {
      const sentence = `It is part of run ${entry.runId}${othersText(entry.eventCount ?? 1)}${fateText(entry, way)}.`;
      return { stage: 'run', verdict: 'passed', sentence, at };
    }
    case 'startReported':
    case 'runEnded':
    case 'runApproved':
    case 'definitionAdopted':
    case 'paused':
    case 'resumed':
    case 'fired':
    case 'replayed':
    case 'breaker':
    case 'recovered':
      return undefined;
  }
}

/** How its run goes, or went. */
function fateText({ runId, generation }: StoredEntry, { entries, approval, failure, definition }: Way): string {
  const end = entries.find((entry) => entry.kind === 'runEnded' && entry.runId === runId);
  if (!end) return approval ? approvalText(approval) : '';
  // The definition that is live now says so only of the runs it decided.
  if (definition?.mode === 'shadow' && definition.generation === generation) {
    return ', which called nothing: mode is shadow';
  }
  const fate = end.detail === 'deadLettered' ? 'which is a dead letter' : `which ended ${end.detail}`;
  return failure === undefined ? `, ${fate}` : `, ${fate}: ${failure.replace(/\.$/, '')}`;
}

function approvalText({ until, onTimeout }: NonNullable<Way['approval']>): string {
  return `, which waits for approval until ${until}, then is ${onTimeout === 'approve' ? 'approved' : 'rejected'}`;
}

function collectedText({ stage, detail }: StoredEntry, key: string): string {
  if (stage === 'correlate') return `It filled the part ${detail} of key ${key}.`;
  if (stage === 'threshold') return `It counts towards the threshold of key ${key}.`;
  return `It came into the ${stage} window of key ${key}.`;
}

/** What an event waits for where the instance has it now; `heldBy` is why its stage held it, where that is known. */
export function placed(
  place: OpenPlace,
  key: string | undefined,
  heldBy?: Reason,
): { readonly sentence: string; readonly until?: string } {
  const ofKey = key === undefined ? '' : ` of key ${key}`;
  switch (place.kind) {
    case 'kept':
      return {
        sentence: `Kept since ${place.by} paused it at ${rfc3339(place.sinceAt)}${othersText(place.events)}; it goes on at the resume.`,
      };
    case 'waiting': {
      const joins = place.events > 1 ? `, will join ${counted(place.events - 1, 'other event')}` : '';
      if (place.untilAt !== undefined) {
        const until = rfc3339(place.untilAt);
        return { sentence: `Held by ${place.stage} until ${until}${joins}.`, until };
      }
      if (heldBy) return { sentence: `Held by ${place.stage}${joins}: ${explain(heldBy, rfc3339)}` };
      return { sentence: `Held by ${place.stage} ${OPENING[place.stage] ?? 'until a person acts'}${joins}.` };
    }
    case 'gathered': {
      const until = place.dueAt === undefined ? undefined : rfc3339(place.dueAt);
      const opened = place.openedAt === undefined ? '' : `, open since ${rfc3339(place.openedAt)}`;
      const window = `In the ${place.stage} window${ofKey}${othersText(place.events)}${opened}`;
      return { sentence: `${window}; ${waitsFor(place, until)}.`, ...(until !== undefined && { until }) };
    }
  }
}

/** What a stage that names no moment waits for. */
const OPENING: { readonly [stage in StageName]?: string } = {
  rate: 'until the rate has room',
  concurrency: 'until a run ends',
  breaker: 'until the breaker lets it through',
};

function waitsFor(place: Extract<Place, { readonly kind: 'gathered' }>, until: string | undefined): string {
  const till = until === undefined ? '' : ` until ${until}`;
  if (place.missing) return `waits for ${place.missing.join(' and ')}${till}`;
  if (place.atLeast !== undefined) return `${place.reached ?? 0} of ${place.atLeast} is reached, counts${till}`;
  if (place.stage === 'order') return `is sorted${till}`;
  return until === undefined ? 'fires when it is full' : `fires at ${until} if nothing more comes`;
}

function passedText(stage: StageName, { definition, receivedAt, time, entries }: Way): string {
  switch (stage) {
    case 'dedupe': {
      const window = definition ? ` within ${spanText(definition.dedupe.windowMs)}` : '';
      return `It was the first of its identity${window}.`;
    }
    case 'freshness': {
      const maxAge = definition?.freshness?.maxAgeMs;
      const ageMs = receivedAt - (time ?? receivedAt);
      const age = ageMs < 1_000 ? 'less than 1s' : spanText(ageMs);
      return maxAge === undefined
        ? 'It was fresh.'
        : `It was ${age} old on arrival; freshness.maxAge is ${spanText(maxAge)}.`;
    }
    case 'order':
      return 'It came in order.';
    case 'correlate':
      return 'The parts were complete, or their time was over.';
    case 'threshold':
      return 'The threshold was reached.';
    case 'debounce':
    case 'batch':
      return 'No window was open, or it had ended.';
    case 'pause':
      return 'It was resumed.';
    case 'hours':
      return 'The hours were open.';
    case 'cooldown':
      return 'The key was not cooling down.';
    case 'rate':
      return 'The rate was not reached.';
    case 'concurrency':
      return 'Fewer runs were running than the limit.';
    case 'breaker':
      return 'The breaker was closed.';
    case 'run':
      return entries.length === 0 ? '' : 'A run was decided.';
  }
}

/** ` with 3 others`, or nothing for an event alone. */
function othersText(events: number): string {
  return events > 1 ? ` with ${counted(events - 1, 'other')}` : '';
}
