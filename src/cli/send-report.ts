import type { AcceptedEvent, DeadLetteredEvent, EventVerdict, UnmatchedEvent } from '../accept/outcome.ts';
import { ERROR_CATALOGUE, type Violation } from '../errors.ts';
import type { RunDetail } from '../http/read-api.ts';
import { counted } from '../explain/counted.ts';

/** The part of an acknowledgement that names dead letters. */
type DeadLettered = Omit<DeadLetteredEvent, 'detail'>;

/** A request the service refused. `first` is the position of its first event in the whole input. */
export type Refused = {
  readonly first: number;
  readonly status: number;
  readonly problem: string;
  readonly violations: readonly Violation[];
};

/** What became of everything that was sent; also what `-o json` shows. */
export type SendReport = {
  readonly accepted: readonly AcceptedEvent[];
  /** `index` counts over the whole input. */
  readonly deadLettered: readonly (DeadLettered & { readonly eventId: string })[];
  readonly refused: readonly Refused[];
  /** With `--wait`: the verdicts that fell in time. */
  readonly verdicts: readonly EventVerdict[];
  /** With `--wait`: events that no trigger wanted, with the trigger that came closest. */
  readonly unmatched: readonly UnmatchedEvent[];
  /** With `--wait`: the runs that started. */
  readonly runs: readonly RunDetail[];
  /** With `--wait`: whether some request was acknowledged before it was decided. */
  readonly undecided: boolean;
};

/** The body of a 202, and of a 200 with its verdicts. */
export type Acknowledgement = {
  readonly accepted: readonly AcceptedEvent[];
  readonly deadLettered: readonly DeadLettered[];
  readonly verdicts?: readonly EventVerdict[];
  readonly unmatched?: readonly UnmatchedEvent[];
};

export function isAcknowledgement(body: object): body is Acknowledgement {
  return (
    'accepted' in body && Array.isArray(body.accepted) && 'deadLettered' in body && Array.isArray(body.deadLettered)
  );
}

/** The report for people: a line for each event and trigger, and for what did not come through what to do. */
export function reportLines(report: SendReport): readonly string[] {
  const { accepted, deadLettered, refused, runs } = report;
  return [
    ...acceptedLines(report),
    ...deadLettered.map(deadLetterLine),
    ...refused.flatMap(refusedLines),
    ...runs.map(runLine),
    ...(report.undecided ? ['Not decided in that time: a window is open. See: signalbox triggers NAME'] : []),
    ...(accepted.length > 1 ? [`${counted(accepted.length, 'event')} accepted`] : []),
  ];
}

function acceptedLines({ accepted, deadLettered, verdicts, unmatched }: SendReport): readonly string[] {
  const nameOf = (eventId: string, trigger: string, key: string): string => JSON.stringify([eventId, trigger, key]);
  // An event that stands twice has two verdicts, in the order of the events.
  const open = new Map<string, EventVerdict[]>();
  for (const verdict of verdicts) {
    const name = nameOf(verdict.eventId, verdict.trigger, verdict.key);
    open.set(name, [...(open.get(name) ?? []), verdict]);
  }
  const nearest = new Map(unmatched.map((one) => [one.eventId, one.nearest]));
  const failed = new Set(deadLettered.map(({ eventId }) => eventId));
  return accepted.flatMap(({ eventId, triggers }) => {
    if (triggers.length === 0) {
      return failed.has(eventId) ? [] : [`${eventId}  accepted; no trigger wanted it${nearText(nearest.get(eventId))}`];
    }
    return triggers.map(({ trigger, key }) => {
      const verdict = open.get(nameOf(eventId, trigger, key))?.shift();
      return `${eventId}  ${trigger} (${key})  ${verdict ? verdictText(verdict) : 'accepted'}`;
    });
  });
}

function nearText(nearest: UnmatchedEvent['nearest']): string {
  return nearest ? `. Closest is ${nearest.trigger} (${nearest.pointer}): ${nearest.reason}` : '';
}

function verdictText(verdict: EventVerdict): string {
  switch (verdict.kind) {
    case 'started':
      return `in run ${verdict.runId}`;
    case 'suppressed':
      return `suppressed by ${verdict.stage}: ${verdict.reason}`;
    case 'deadLettered':
      return `dead-lettered, ${verdict.code}: ${ERROR_CATALOGUE[verdict.code].remedy}`;
    case 'pending':
      return 'not decided yet';
  }
}

function deadLetterLine({ eventId, trigger, code, pointer, deadLetterId }: SendReport['deadLettered'][number]): string {
  const remedy = Object.hasOwn(ERROR_CATALOGUE, code) ? ERROR_CATALOGUE[code].remedy : '';
  return `${eventId}  ${trigger}  dead-lettered, ${code} at ${pointer} (${deadLetterId}): ${remedy}`;
}

function refusedLines({ first, status, problem, violations }: Refused): readonly string[] {
  const which = first === 0 ? '' : ` from event ${first + 1}`;
  return [`refused${which}, ${status} ${problem}`, ...violations.map((it) => `  ${it.pointer} ${it.message}`)];
}

function runLine({ runId, status, target, eventCount, reason, result }: RunDetail): string {
  const end = reason ?? (result === undefined ? '' : JSON.stringify(result).slice(0, 200));
  return `run ${runId}  ${target}  ${counted(eventCount, 'event')}  ${status}${end === '' ? '' : `: ${end}`}`;
}
