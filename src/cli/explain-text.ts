import type { EventAnswer, NoMatchAnswer, StageAnswer, TriggerAnswer } from '../explain/answer.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';
import { harmless } from './output.ts';
import { readable, wrapped } from './wrap.ts';

/** What stands before a stage: whether it let the event through. */
const MARK: { readonly [verdict in StageAnswer['verdict']]: string } = {
  passed: '✓',
  held: '✓',
  waiting: '…',
  suppressed: '✗',
  deadLettered: '✗',
  notReached: ' ',
  unknown: '?',
};

/** Where and for whom an answer is written. */
export type Page = { readonly nowMs: number; readonly columns: number; readonly serviceUrl: string };

/** What happened to an event, for people. */
export function explainLines(answer: EventAnswer, page: Page): readonly string[] {
  const { eventId, type, source, id, subject, receivedAt, via, deliveries } = answer;
  const named = [type, subject].filter((part) => part !== undefined).join(' ');
  const from = source === undefined ? '' : `from ${source}${id === undefined ? '' : `, id ${id}`}`;
  const times = deliveries > 1 ? `, ${deliveries} times` : '';
  return [
    ...wrapped('', [eventId, named, from].filter((part) => part !== '').join('  '), page.columns),
    `received ${moment(receivedAt, page.nowMs)} through ${via}${times}`,
    '',
    ...wrapped('', readable(answer.conclusion, page.nowMs), page.columns),
    ...answer.triggers.flatMap((trigger) => ['', ...triggerLines(trigger, page)]),
    ...notTakenLines(answer.notTaken, page),
    ...(answer.notices.length === 0 ? [] : ['']),
    ...answer.notices.flatMap((notice) => wrapped('Note: ', readable(notice, page.nowMs), page.columns)),
  ].map(harmless);
}

function triggerLines(trigger: TriggerAnswer, page: Page): readonly string[] {
  const { key, generation, generationNow, stages, repeats, run, deadLetter, links } = trigger;
  const now = generationNow === undefined ? '' : ` (now ${generationNow})`;
  const head = [`${trigger.trigger}`, ...(key === undefined ? [] : [`key ${key}`]), `generation ${generation}${now}`];
  const width = Math.max(...stages.map(({ stage }) => stage.length));
  return [
    head.join('  '),
    ...stages.flatMap((stage) => stageLines(stage, width, page)),
    ...repeats.flatMap((repeat) => wrapped('  ', readable(repeat, page.nowMs), page.columns)),
    ...(run ? runLines(run, page) : []),
    ...(deadLetter
      ? wrapped('  What to do: ', [deadLetter.remedy, deadLetter.id ?? ''].join(' ').trim(), page.columns)
      : []),
    ...(run || links.temporal === undefined ? [] : [`  Temporal UI  ${links.temporal}`]),
  ];
}

/** What one stage made of an event. */
export function stageLines({ stage, verdict, sentence }: StageAnswer, width: number, page: Page): readonly string[] {
  const head = `  ${MARK[verdict]} ${stage.padEnd(width)}  `;
  return wrapped(head, verdict === 'notReached' ? '-' : readable(sentence, page.nowMs), page.columns);
}

function runLines(run: NonNullable<TriggerAnswer['run']>, { nowMs, serviceUrl }: Page): readonly string[] {
  const { runId, status, target, eventCount, startedAt, endedAt, approval, links } = run;
  const when = endedAt ?? startedAt;
  const now = approval ? `waits for approval until ${moment(approval.until, nowMs)}` : status;
  const told = [now, when === undefined ? '' : moment(when, nowMs), target ?? '', counted(eventCount, 'event')];
  return [
    `  run ${runId}`,
    `    ${told.filter((part) => part !== '').join('  ')}`,
    `    ${serviceUrl}${links.api}`,
    ...(links.temporal === undefined ? [] : [`    ${links.temporal}`]),
  ];
}

function notTakenLines(notTaken: readonly NoMatchAnswer[], { nowMs, columns }: Page): readonly string[] {
  if (notTaken.length === 0) return [];
  const width = Math.max(...notTaken.map(({ trigger }) => trigger.length));
  return [
    '',
    'Not taken by',
    ...notTaken.flatMap(({ trigger, sentence, pointer, held, clauses }) => {
      const share = `fits ${held} of ${clauses}, not ${pointer}: `;
      return wrapped(`  ${trigger.padEnd(width)}  `, `${share}${readable(sentence, nowMs)}`, columns);
    }),
  ];
}
