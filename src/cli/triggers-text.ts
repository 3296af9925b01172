import type { KeySummary, TriggerDetail, TriggerSummary } from '../http/read-api.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';
import { table } from './output.ts';

/** One line a trigger. */
export function listLines(triggers: readonly TriggerSummary[], nowMs: number): readonly string[] {
  if (triggers.length === 0) return ['No trigger is defined. Add a file with kind: Trigger to SIGNALBOX_CONFIG.'];
  const rows = triggers.map(({ name, mode, paused, removed, openWindows, nextDeadline }) => [
    name,
    [mode, ...(paused === undefined ? [] : ['paused']), ...(removed ? ['removed'] : [])].join(', '),
    // The instance starts with the first event.
    openWindows === undefined ? '-' : String(openWindows),
    nextDeadline === undefined ? '-' : moment(nextDeadline, nowMs),
  ]);
  return table([['NAME', 'MODE', 'OPEN WINDOWS', 'NEXT DEADLINE'], ...rows]);
}

/** Everything about one trigger but its definition. */
export function detailLines(trigger: TriggerDetail, nowMs: number): readonly string[] {
  const { counts, pressure, keys, keyCount } = trigger;
  const facts = [
    ['trigger', trigger.name],
    ...(trigger.description === undefined ? [] : [['', trigger.description]]),
    ['mode', trigger.mode],
    ...(trigger.removed ? [['removed', 'not loaded any more; what it holds goes on to its end']] : []),
    ...(trigger.paused === undefined ? [] : [['paused', pausedText(trigger.paused, nowMs)]]),
    ...(trigger.limits === undefined || trigger.limits.breaker.state === 'closed'
      ? []
      : [['breaker', trigger.limits.breaker.state]]),
    ['generation', `${trigger.generation}, loaded ${moment(trigger.loadedAt, nowMs)}`],
    ['workflow', trigger.workflowId],
    ['next deadline', trigger.nextDeadline === undefined ? '-' : moment(trigger.nextDeadline, nowMs)],
    ...(trigger.dedupeReachesBackTo === undefined
      ? []
      : [['dedupe reaches', `back to ${moment(trigger.dedupeReachesBackTo, nowMs)}`]]),
    ...(counts === undefined ? [['state', 'none: no event came yet, or it does not answer']] : countRows(counts)),
    ...(pressure === undefined
      ? []
      : [['holds', `${counted(pressure.pendingItems, 'pending event')}, ${pressure.identities} identities`]]),
  ];
  const more = keyCount - keys.length;
  return [
    ...table(facts),
    ...(keys.length === 0 ? [] : ['', ...keyTable(keys, nowMs)]),
    ...(more > 0 ? [`and ${more} more keys`] : []),
  ];
}

function pausedText({ since, by, keptEvents }: NonNullable<TriggerSummary['paused']>, nowMs: number): string {
  return `since ${moment(since, nowMs)} by ${by}, ${counted(keptEvents, 'event')} kept`;
}

function countRows({ accepted, runs, eventsInRuns, suppressed, deadLettered, ended }: Counts): readonly string[][] {
  const named = (of: object): string =>
    Object.entries(of)
      .flatMap(([name, count]: [string, unknown]) => (count === 0 ? [] : [`${String(count)} ${name}`]))
      .join(', ') || '-';
  return [
    ['events', `${accepted} accepted, ${eventsInRuns} in runs, ${deadLettered} dead-lettered`],
    ['suppressed', named(suppressed)],
    ['runs', `${runs}: ${named(ended)}`],
  ];
}

type Counts = NonNullable<TriggerDetail['counts']>;

function keyTable(keys: readonly KeySummary[], nowMs: number): readonly string[] {
  const rows = keys.map(({ key, window, heldEvents, cooldownUntil }) => [
    key,
    window === undefined
      ? '-'
      : `${counted(window.eventCount, 'event')}${window.firesAt === undefined ? '' : `, fires ${moment(window.firesAt, nowMs)}`}`,
    heldEvents === undefined ? '-' : counted(heldEvents, 'event'),
    cooldownUntil === undefined ? '-' : `until ${moment(cooldownUntil, nowMs)}`,
  ]);
  return table([['KEY', 'WINDOW', 'HELD', 'COOLDOWN'], ...rows]);
}
