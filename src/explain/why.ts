import { explain } from '../core/explain.ts';
import type { OpenWork } from './open-work.ts';
import { ERROR_CATALOGUE, type ErrorCode } from '../errors.ts';
import type { EntryCount, StoredEntry, StoredRun } from '../store/store.ts';
import { rfc3339 } from './answer.ts';
import { placed } from './stages.ts';
import { counted } from './counted.ts';
import { runCounts } from './stats.ts';
import type { MissAnswer, WhyAnswer } from './why-answer.ts';

/** What is known of a trigger over a span. Times are epoch milliseconds. */
export type WhyEvidence = {
  readonly trigger: string;
  readonly sinceAt: number;
  readonly untilAt: number;
  readonly events: WhyAnswer['events'];
  /** Of this trigger, in the span. */
  readonly counts: readonly EntryCount[];
  /** The newest suppressions of the span, for examples. */
  readonly suppressions: readonly StoredEntry[];
  readonly misses: readonly MissAnswer[];
  readonly missesLookedAt: number;
  /** What the instance holds now; absent where it does not answer or has not started. */
  readonly now?: OpenWork;
  /** The newest run, also before the span. */
  readonly lastRun?: StoredRun;
  readonly notices: readonly string[];
};

/** Why a trigger did, or did not, start runs. */
export function explainTrigger(evidence: WhyEvidence): WhyAnswer {
  const { trigger, sinceAt, untilAt, events, misses, missesLookedAt, now, lastRun, notices } = evidence;
  const told: Omit<WhyAnswer, 'conclusion'> = {
    trigger,
    since: rfc3339(sinceAt),
    until: rfc3339(untilAt),
    events,
    notTaken: [...misses],
    notTakenLookedAt: missesLookedAt,
    suppressed: suppressedOf(evidence),
    deadLettered: deadLetteredOf(evidence.counts),
    open: (now?.open ?? []).map(({ key, place }) => ({
      key,
      stage: place.kind === 'kept' ? 'pause' : place.stage,
      events: place.events,
      ...placed(place, key),
    })),
    ...(now?.paused && {
      paused: { since: rfc3339(now.paused.sinceAt), by: now.paused.by, events: now.paused.events },
    }),
    ...breakerOf(now),
    runs: runsOf(evidence.counts, lastRun),
    notices: [...notices, ...recoveriesOf(evidence.counts)],
  };
  return { ...told, conclusion: conclusionOf(told) };
}

function suppressedOf({ counts, suppressions }: WhyEvidence): WhyAnswer['suppressed'] {
  return counts
    .filter(({ kind }) => kind === 'suppressed')
    .map(({ stage = 'run', reason = '', events, lastAt }) => {
      const latest = suppressions.find((entry) => entry.stage === stage && entry.reason === reason);
      const [example] = latest?.eventIds ?? [];
      return {
        stage,
        reason,
        events,
        lastAt: rfc3339(lastAt),
        ...(latest?.why && { sentence: explain(latest.why, rfc3339) }),
        ...(example !== undefined && { example }),
      };
    })
    .toSorted((one, other) => other.events - one.events);
}

function deadLetteredOf(counts: readonly EntryCount[]): WhyAnswer['deadLettered'] {
  return counts
    .filter(({ kind }) => kind === 'deadLettered')
    .map(({ reason = 'internal', events }) => {
      return { code: reason, events, remedy: isCode(reason) ? ERROR_CATALOGUE[reason].remedy : '' };
    });
}

/** That somebody ended the instance, and what became of its state. */
function recoveriesOf(counts: readonly EntryCount[]): readonly string[] {
  return counts
    .filter(({ kind }) => kind === 'recovered')
    .map(({ entries, reason, detail, lastAt }) => {
      const how = `The instance was ended from outside (${detail})${entries > 1 ? ` ${entries} times, last` : ''}`;
      const what = reason === undefined ? 'and went on with its state' : 'and began empty: its state could not be had';
      return `${how} before ${rfc3339(lastAt)}, ${what}.`;
    });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}

function breakerOf(now: OpenWork | undefined): Pick<WhyAnswer, 'breaker'> {
  const [first] = now?.breakers ?? [];
  if (!first) return {};
  const { key, failures, untilAt } = first;
  const until = untilAt !== undefined && { untilAt };
  return {
    breaker: {
      ...(key !== undefined && { key }),
      ...(untilAt !== undefined && { until: rfc3339(untilAt) }),
      sentence: explain({ kind: 'breakerOpen', failures, ...until }, rfc3339),
    },
  };
}

function runsOf(counts: readonly EntryCount[], lastRun: StoredRun | undefined): WhyAnswer['runs'] {
  return { ...runCounts(counts), ...(lastRun && { lastRunId: lastRun.runId, lastAt: rfc3339(lastRun.decidedAt) }) };
}

type Told = Omit<WhyAnswer, 'conclusion'>;

/** One sentence: what stands in the way now, or else what became of most events. */
function conclusionOf(told: Told): string {
  const { runs, since, paused, breaker, events, open } = told;
  const fired = runs.decided > 0 ? `${counted(runs.decided, 'run')} since ${since}` : `Nothing fired since ${since}`;
  if (paused) {
    return `${fired}: paused since ${paused.since} by ${paused.by}, ${counted(paused.events, 'event')} kept.`;
  }
  if (breaker) return `${fired}: ${lowered(breaker.sentence)}`;
  if (runs.decided > 0) return `${fired}, the last at ${runs.lastAt ?? since}${restText(told)}.`;
  if (events.seen === 0) return `${fired}: no event came in.`;
  if (events.taken === 0 && events.failed === 0) return `${fired}: ${noneTaken(told)}`;
  const [held] = open;
  const [most] = told.suppressed;
  const heldEvents = open.reduce((all, one) => all + one.events, 0);
  if (most && most.events >= heldEvents) {
    const share =
      most.events >= events.taken ? (most.events === 1 ? 'it was' : `all ${most.events} were`) : `${most.events} were`;
    const why = most.sentence === undefined ? '' : ` (${most.sentence.replace(/\.$/, '')})`;
    return `${fired}: ${came(events.taken)}, ${share} suppressed by ${most.stage}${why}.`;
  }
  if (held)
    return `${fired}: ${came(events.taken)}, ${counted(heldEvents, 'event')} wait${heldEvents === 1 ? 's' : ''}. ${held.sentence}`;
  const [letter] = told.deadLettered;
  if (letter || events.failed > 0) {
    const failed = events.failed + told.deadLettered.reduce((all, one) => all + one.events, 0);
    const code = letter?.code ?? 'filter_error or mapping_error';
    return `${fired}: ${counted(failed, 'event')} became a dead letter (${code}).`;
  }
  return `${fired}: ${came(events.taken)}, and no verdict about them is known yet.`;
}

function noneTaken({ events, notTaken }: Told): string {
  const [most] = notTaken;
  const none = events.seen === 1 ? '1 event came and did not match' : `${events.seen} events came, none matched`;
  return most ? `${none}; closest, ${most.sentence}` : `${none}.`;
}

function came(events: number): string {
  return `${counted(events, 'event')} came`;
}

function restText({ suppressed, open }: Told): string {
  const gone = suppressed.reduce((all, { events }) => all + events, 0);
  const waits = open.reduce((all, { events }) => all + events, 0);
  const parts = [
    ...(gone > 0 ? [`${counted(gone, 'event')} suppressed`] : []),
    ...(waits > 0 ? [`${counted(waits, 'event')} waiting`] : []),
  ];
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

function lowered(sentence: string): string {
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}`;
}
