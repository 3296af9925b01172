import { explain } from '../core/explain.ts';
import type { Whereabouts } from '../core/whereabouts.ts';
import { ERROR_CATALOGUE, type ErrorCode } from '../errors.ts';
import type { Definition } from '../spec/definition.ts';
import type { FailedIn, StoredEntry, TakenBy } from '../store/store.ts';
import { rfc3339, type StageAnswer, type TriggerAnswer } from './answer.ts';
import { stageAnswers } from './stages.ts';

/** The path of this service and, where it is known, the address in the Temporal UI. */
export type Links = TriggerAnswer['links'];

/** Until when a run waits for approval, and what becomes of it then. */
export type OpenApproval = NonNullable<NonNullable<TriggerAnswer['run']>['approval']>;

/** Why a run did not succeed, and its dead letter where it needs a person. */
export type RunFailure = {
  readonly reason?: string;
  readonly deadLetter?: { readonly code: string; readonly id: string };
};

/** What is known of an event in one trigger. Times are epoch milliseconds. */
export type Evidence = {
  readonly eventId: string;
  readonly receivedAt: number;
  readonly time?: number;
  readonly taken: TakenBy;
  /** What the ledger says of the event and of its run, by seq. */
  readonly entries: readonly StoredEntry[];
  /** How far the store has the ledger of the instance. */
  readonly storedSeq: number;
  /** The definition that is live now. */
  readonly definition?: Definition;
  /** What the instance says; absent where it does not answer. */
  readonly live?: Whereabouts;
  /** Where its run waits for approval now. */
  readonly approval?: OpenApproval;
  /** Why its run did not succeed. */
  readonly failure?: RunFailure;
  readonly linkOf: { readonly run: (runId: string) => Links; readonly trigger: (trigger: string) => Links };
};

/** What a trigger made of an event it took. */
export function explainTaken(evidence: Evidence): TriggerAnswer {
  const { taken, receivedAt, time, live, definition, storedSeq, approval, failure } = evidence;
  const { first, repeats } = deliveries(evidence.entries);
  const place = current(live, first);
  const stages = stageAnswers({
    key: taken.key,
    receivedAt,
    ...(time !== undefined && { time }),
    entries: first,
    ...(definition && { definition }),
    ...(place && { place }),
    ...(approval && { approval }),
    ...(failure?.reason !== undefined && { failure: failure.reason }),
  });
  const run = runOf(first, evidence);
  const outcome = outcomeOf(stages, run, place);
  const generation = generationOf(first, taken);
  const decided = live?.seq;
  return {
    trigger: taken.trigger,
    key: taken.key,
    generation,
    ...(definition && definition.generation !== generation && { generationNow: definition.generation }),
    outcome,
    conclusion: conclusionOf(outcome, stages, run, { storedSeq, ...(decided !== undefined && { decided }) }),
    stages: [matched(taken), ...stages],
    repeats: repeats.map((entry) => `Again at ${rfc3339(entry.at)}: ${sentenceOf(entry)}`),
    ...windowOf(first, place),
    ...(run && { run }),
    ...(deadLetterOf(first) ?? runDeadLetter(run, failure)),
    seq: { stored: storedSeq, ...(decided !== undefined && { decided }) },
    links: evidence.linkOf.trigger(taken.trigger),
  };
}

/** What a trigger whose expression failed on an event made of it. */
export function explainFailed(failed: FailedIn, linkOf: Evidence['linkOf']): TriggerAnswer {
  const { trigger, generation, code, pointer, detail, deadLetterId } = failed;
  const sentence = `An expression failed at ${pointer}: ${detail}.`;
  return {
    trigger,
    generation,
    outcome: 'deadLettered',
    conclusion: `Dead-lettered, ${code}: ${sentence}`,
    stages: [{ stage: 'match', verdict: 'deadLettered', sentence }],
    repeats: [],
    deadLetter: { code, remedy: ERROR_CATALOGUE[code].remedy, pointer, id: deadLetterId },
    seq: { stored: 0 },
    links: linkOf.trigger(trigger),
  };
}

function matched({ generation }: TakenBy): StageAnswer {
  return { stage: 'match', verdict: 'passed', sentence: `It fits the events of generation ${generation}.` };
}

/** Entries about the first arrival, and the refusals of later ones, which say nothing about what became of it. */
function deliveries(entries: readonly StoredEntry[]): {
  readonly first: readonly StoredEntry[];
  readonly repeats: readonly StoredEntry[];
} {
  const repeats = entries.filter(({ why }) => why?.kind === 'duplicate' || why?.kind === 'conflict');
  const first = entries.filter((entry) => !repeats.includes(entry));
  // What came first may be older than what the store keeps: then a repeat is all there is to tell.
  return first.length > 0 ? { first, repeats } : { first: repeats.slice(0, 1), repeats: repeats.slice(1) };
}

/** The instance's answer counts where it is ahead of the entries; what they decided stays decided. */
function current(live: Whereabouts | undefined, entries: readonly StoredEntry[]): Whereabouts['place'] | undefined {
  const isDecided = entries.some(
    ({ kind }) => kind === 'suppressed' || kind === 'deadLettered' || kind === 'runDecided',
  );
  return isDecided ? undefined : live?.place;
}

function runOf(entries: readonly StoredEntry[], { linkOf, approval }: Evidence): TriggerAnswer['run'] {
  const decided = entries.findLast(({ kind }) => kind === 'runDecided');
  const { runId } = decided ?? {};
  if (decided === undefined || runId === undefined) return undefined;
  const of = (kind: StoredEntry['kind']): StoredEntry | undefined =>
    entries.findLast((entry) => entry.kind === kind && entry.runId === runId);
  const [started, ended] = [of('startReported'), of('runEnded')];
  return {
    runId,
    status: ended?.detail ?? (approval ? 'waitingForApproval' : started ? 'running' : 'decided'),
    cause: decided.detail ?? 'events',
    ...(decided.target !== undefined && { target: decided.target }),
    eventCount: decided.eventCount ?? decided.eventIds?.length ?? 1,
    decidedAt: rfc3339(decided.at),
    ...(started && { startedAt: rfc3339(started.at) }),
    ...(ended && { endedAt: rfc3339(ended.at) }),
    ...(approval && !ended && { approval }),
    links: linkOf.run(runId),
  };
}

function outcomeOf(
  stages: readonly StageAnswer[],
  run: TriggerAnswer['run'],
  place: Whereabouts['place'] | undefined,
): TriggerAnswer['outcome'] {
  const verdicts = new Set(stages.map(({ verdict }) => verdict));
  if (verdicts.has('deadLettered')) return 'deadLettered';
  if (verdicts.has('suppressed')) return 'suppressed';
  if (run) return 'run';
  return verdicts.has('waiting') || place?.kind === 'starting' ? 'waiting' : 'undecided';
}

/** The generation that decided: that of its run, or else the one under which it was accepted. */
function generationOf(entries: readonly StoredEntry[], taken: TakenBy): string {
  return entries.findLast(({ kind }) => kind === 'runDecided')?.generation ?? taken.generation;
}

function conclusionOf(
  outcome: TriggerAnswer['outcome'],
  stages: readonly StageAnswer[],
  run: TriggerAnswer['run'],
  seq: { readonly storedSeq: number; readonly decided?: number },
): string {
  const by = stages.find(({ verdict }) => verdict === 'suppressed' || verdict === 'deadLettered');
  switch (outcome) {
    case 'suppressed':
      return `Suppressed by ${by?.stage}: ${by?.sentence}`;
    case 'deadLettered':
      return by?.sentence ?? '';
    case 'run':
      return stages.find(({ stage }) => stage === 'run')?.sentence ?? `It is part of run ${run?.runId}.`;
    case 'waiting':
      return stages.find(({ verdict }) => verdict === 'waiting')?.sentence ?? 'Its run is being started.';
    case 'undecided': {
      const upTo = `verdicts up to seq ${seq.storedSeq}${seq.decided === undefined ? '' : ` of ${seq.decided}`}`;
      return seq.decided === undefined
        ? `No verdict is known: the store has ${upTo}, and the instance does not answer.`
        : `Decided, but its verdict has not reached the store (${upTo}).`;
    }
  }
}

function windowOf(
  entries: readonly StoredEntry[],
  place: Whereabouts['place'] | undefined,
): Pick<TriggerAnswer, 'window'> {
  if (place?.kind === 'gathered') {
    const { stage, openedAt, dueAt, events } = place;
    return {
      window: {
        stage,
        ...(openedAt !== undefined && { openedAt: rfc3339(openedAt) }),
        ...(dueAt !== undefined && { until: rfc3339(dueAt) }),
        others: events - 1,
      },
    };
  }
  const collected = entries.findLast(({ kind }) => kind === 'collected');
  if (!collected) return {};
  const decided = entries.findLast(({ kind }) => kind === 'runDecided');
  const until = decided?.at ?? collected.dueAt;
  return {
    window: {
      stage: collected.stage ?? 'debounce',
      ...(until !== undefined && { until: rfc3339(until) }),
      others: (decided?.eventCount ?? collected.eventCount ?? 1) - 1,
    },
  };
}

function deadLetterOf(entries: readonly StoredEntry[]): Pick<TriggerAnswer, 'deadLetter'> | undefined {
  const letter = entries.findLast(({ kind }) => kind === 'deadLettered');
  if (!letter) return undefined;
  const code = letter.reason ?? 'internal';
  return { deadLetter: { code, remedy: remedyOf(code) } };
}

/** What to do about a run that needs a person. */
function runDeadLetter(run: TriggerAnswer['run'], failure: RunFailure | undefined): Pick<TriggerAnswer, 'deadLetter'> {
  const { deadLetter } = failure ?? {};
  if (run?.status !== 'deadLettered' || !deadLetter) return {};
  const { code, id } = deadLetter;
  return { deadLetter: { code, remedy: remedyOf(code), id } };
}

function remedyOf(code: string): string {
  return isCode(code) ? ERROR_CATALOGUE[code].remedy : '';
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

function sentenceOf({ why, reason }: StoredEntry): string {
  return why ? explain(why, rfc3339) : (reason ?? '');
}
