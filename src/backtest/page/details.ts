import type { DifferingRun, LiveTrigger, TriggerReport } from '../report.ts';
import { clip, counted, number, shortTime, spread } from '../wording.ts';
import { html, type Markup } from './markup.ts';

/** Characters of an expression's failure. */
const DETAIL_CHARS_MAX = 300;
/** Days of differences that are listed, the last ones. */
const DAYS_MAX = 31;

/** What is behind the figures of a trigger; nothing where there is nothing to say. */
export function detailsOf(trigger: TriggerReport): Markup | undefined {
  const rows = [...stateRows(trigger), ...stageRows(trigger), ...failureRows(trigger), ...liveRows(trigger)];
  return rows.length === 0
    ? undefined
    : html`<dl>
        ${rows.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>`;
}

type Row = readonly [name: string, value: Markup];

function stateRows({
  mode,
  only,
  runs,
  runsByCause,
  startedAfter,
  pending,
  oldestPendingAt,
}: TriggerReport): readonly Row[] {
  const causes = Object.entries(runsByCause).filter(([cause]) => cause !== 'events');
  return [
    ...(mode === 'shadow' ? [['mode', html`shadow: its runs would call nothing`] as const] : []),
    ...(only === 'here' ? [['live', html`the service does not have this trigger`] as const] : []),
    ...(only === 'live' ? [['live', html`only the service has this trigger`] as const] : []),
    ...(causes.length > 0
      ? [['runs', html`${causes.map(([cause, runs]) => `${number(runs)} by ${cause}`).join(', ')}`] as const]
      : []),
    ...(runs > 0 ? [['starts', html`${spread(startedAfter)} (p50/p95) after the first event of a run`] as const] : []),
    ...(pending > 0
      ? [['pending', html`${counted(pending, 'event')}, the oldest since ${shortTime(oldestPendingAt ?? '')}`] as const]
      : []),
  ];
}

function stageRows({ suppressedBy, held }: TriggerReport): readonly Row[] {
  const stopped = (all: TriggerReport['suppressedBy']): string =>
    all.map(({ stage, reason, events }) => `${number(events)} by ${stage} (${reason})`).join(', ');
  return [
    ...(suppressedBy.length > 0 ? [['suppressed', html`${stopped(suppressedBy)}`] as const] : []),
    ...(held.events > 0 ? [['held', html`${stopped(held.by)}; for ${spread(held)} (p50/p95)`] as const] : []),
  ];
}

function failureRows({ failed, failedElsewhere, deadLettersBy }: TriggerReport): readonly Row[] {
  const instance = deadLettersBy.filter(({ code }) => !failed.some((place) => place.code === code));
  return [
    ...failed.map(
      ({ code, pointer, detail, events, firstLine }) =>
        [
          'failed',
          html`${code} at <code>${pointer}</code> on ${counted(events, 'event')}, first in line ${firstLine}:
            <code>${clip(detail, DETAIL_CHARS_MAX)}</code>`,
        ] as const,
    ),
    ...(failedElsewhere > 0 ? [['failed', html`${counted(failedElsewhere, 'event')} at further places`] as const] : []),
    ...instance.map(({ code, events }) => ['dead letters', html`${code}: ${counted(events, 'event')}`] as const),
  ];
}

function liveRows({ live }: TriggerReport): readonly Row[] {
  if (live === undefined || live.gained + live.lost === 0) return [];
  const days = live.byDay.slice(-DAYS_MAX);
  return [
    [
      'against live',
      html`${change(live)}${days.length > 1 ? html`<br /><span class="soft">${days.map(dayText).join(', ')}</span>` : undefined}`,
    ],
    ...live.examples.gained.map((run) => ['', html`<span class="plus">+</span> ${runText(run)}`] as const),
    ...live.examples.lost.map((run) => ['', html`<span class="minus">−</span> ${runText(run)}`] as const),
  ];
}

function change({ gained, lost }: LiveTrigger): Markup {
  return html`<span class="plus">${counted(gained, 'run')} gained</span>,
    <span class="minus">${counted(lost, 'run')} lost</span>`;
}

function dayText({ day, gained, lost }: LiveTrigger['byDay'][number]): string {
  return `${day.slice(5)} +${gained} −${lost}`;
}

function runText({ firedAt, key, cause, eventCount, eventIds }: DifferingRun): Markup {
  const more = eventCount - eventIds.length;
  return html`${shortTime(firedAt)} ${key} (${cause}):
    <code>${eventIds.join(' ')}</code>${more > 0 ? ` and ${more} more` : ''}`;
}
