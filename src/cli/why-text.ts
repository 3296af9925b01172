import type { WhyAnswer } from '../explain/why-answer.ts';
import { moment } from './moment.ts';
import { counted } from '../explain/counted.ts';
import { harmless } from './output.ts';
import { readable, wrapped } from './wrap.ts';

/** Open windows and holds that stand in an answer for people. */
const OPEN_SHOWN_MAX = 10;
/** Before every section: as wide as the longest of their names. */
const HEAD_COLUMNS = 15;

/** Why a trigger fired or did not, for people: the conclusion first. */
export function whyLines(answer: WhyAnswer, nowMs: number, columns: number): readonly string[] {
  const section = (name: string, texts: readonly string[]): readonly string[] =>
    texts.flatMap((text, index) =>
      wrapped((index === 0 ? name : '').padEnd(HEAD_COLUMNS), readable(text, nowMs), columns),
    );
  return [
    ...wrapped(`${answer.trigger}: `, readable(answer.conclusion, nowMs), columns),
    '',
    ...section('events', [eventsText(answer)]),
    ...section('not taken', missTexts(answer)),
    ...section('suppressed', suppressedTexts(answer, nowMs)),
    ...section(
      'dead letters',
      answer.deadLettered.map(({ code, events, remedy }) => `${counted(events, 'event')}, ${code}: ${remedy}`),
    ),
    ...section('waiting', openTexts(answer)),
    ...section('breaker', answer.breaker ? [answer.breaker.sentence] : []),
    ...section('runs', [runsText(answer, nowMs)]),
    ...section('note', answer.notices),
  ].map(harmless);
}

function eventsText({ events, since }: WhyAnswer): string {
  const failed = events.failed === 0 ? '' : `, ${events.failed} failed in an expression`;
  return `${events.seen} came in since ${since}, ${events.taken} taken${failed}`;
}

function missTexts({ notTaken, notTakenLookedAt }: WhyAnswer): readonly string[] {
  return notTaken.map(({ events, pointer, sentence, example }, index) => {
    const of = index === 0 ? ` of ${notTakenLookedAt} looked at` : '';
    return `${events}${of} by ${pointer}: ${sentence} (${example})`;
  });
}

function suppressedTexts({ suppressed }: WhyAnswer, nowMs: number): readonly string[] {
  return suppressed.map(({ events, stage, reason, lastAt, sentence = '', example }) => {
    const latest = example === undefined ? '' : ` (${example})`;
    return `${events} by ${stage} (${reason}), the last ${moment(lastAt, nowMs)}. ${sentence}${latest}`;
  });
}

function openTexts({ open, paused }: WhyAnswer): readonly string[] {
  const more = open.length - OPEN_SHOWN_MAX;
  return [
    ...(paused ? [`Paused since ${paused.since} by ${paused.by}; ${counted(paused.events, 'event')} kept.`] : []),
    ...open.slice(0, OPEN_SHOWN_MAX).map(({ key, sentence }) => `${key}: ${sentence}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function runsText({ runs }: WhyAnswer, nowMs: number): string {
  const ended = Object.entries(runs.ended).map(([status, count]) => `${count} ${status}`);
  const last = runs.lastAt === undefined ? '; none ever' : `; the last ${runs.lastRunId} ${moment(runs.lastAt, nowMs)}`;
  return `${runs.decided} decided, ${runs.started} started${ended.length === 0 ? '' : `, ${ended.join(', ')}`}${last}`;
}
