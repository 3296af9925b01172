import { spanText } from '../core/explain.ts';
import { counted } from '../explain/counted.ts';
import type { EventsReplayed, ReplayForecast } from '../http/operate-api.ts';

/** What a replay would do, and the command that does it: with moments, so that it means the same whenever it is given. */
export function forecastLines(forecast: ReplayForecast, asked: { readonly again?: boolean }): readonly string[] {
  const { trigger, since, until, pace, events, takesMs, runs, failed, deadLettered, waiting } = forecast;
  const { suppressed, notTaken, partial, notices } = forecast;
  const became = [
    `starts ${counted(runs, 'run')}`,
    ...Object.entries(suppressed).map(([stage, count]) => `${stage} suppresses ${counted(count, 'event')}`),
    ...(failed + deadLettered > 0 ? [`dead-letters ${counted(failed + deadLettered, 'event')}`] : []),
    ...(waiting > 0 ? [`leaves ${counted(waiting, 'event')} waiting a day after the last`] : []),
  ];
  const left = [
    ...(notTaken > 0 ? [`It does not take ${counted(notTaken, 'other event')} of the span.`] : []),
    ...(partial > 0 ? [`Left out, because only parts are kept: ${counted(partial, 'event')}.`] : []),
  ];
  const again = asked.again ? ' --again' : '';
  return [
    `A replay through ${trigger} brings ${counted(events, 'event')} of ${since} to ${until}, in ${spanText(takesMs)} at ${pace}:`,
    ...became.map((line) => `  ${line}`),
    ...left,
    ...notices.map((notice) => `Note: ${notice}`),
    '',
    'Nothing was done. To do it:',
    `  signalbox replay --trigger ${trigger} --since ${since} --until ${until} --pace ${pace}${again} --yes`,
  ];
}

/** One replay on one line. */
export function replayLine({ replayId, state, offered, failed, expected, since, until }: EventsReplayed): string {
  return `${replayId}  ${state}  ${offered + failed} of ${counted(expected, 'event')}  ${since} to ${until}`;
}

/** One replay, and what to do about it. */
export function replayedLines(replayed: EventsReplayed): readonly string[] {
  const { trigger, replayId, state, why, failed, notTaken, partial, workflowId } = replayed;
  const rest = [
    ...(failed > 0 ? [`dead-lettered: ${counted(failed, 'event')}`] : []),
    ...(notTaken > 0 ? [`not taken by it: ${counted(notTaken, 'other event')}`] : []),
    ...(partial > 0 ? [`left out, because only parts are kept: ${counted(partial, 'event')}`] : []),
  ];
  const isShort = state === 'stopped' || state === 'refused' || state === 'lost';
  return [
    replayLine(replayed),
    ...rest.map((line) => `  ${line}`),
    ...(why === undefined ? [] : [`  ${state === 'stopped' ? 'by ' : ''}${why}`]),
    ...(state === 'running' ? [`  to end it: signalbox replay stop ${replayId} --trigger ${trigger}`] : []),
    ...(isShort ? [`  to go on: signalbox replay resume ${replayId} --trigger ${trigger}`] : []),
    `  ${workflowId}`,
  ];
}

export function isForecast(body: object): body is ReplayForecast {
  return 'dryRun' in body && 'runs' in body && 'suppressed' in body;
}

export function isReplayed(body: object): body is EventsReplayed {
  return 'replayId' in body && 'state' in body && 'offered' in body;
}

export function isReplayList(body: object): body is { readonly replays: readonly EventsReplayed[] } {
  return 'replays' in body && Array.isArray(body.replays);
}
