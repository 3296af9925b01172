import type { TriggerSpec } from '../spec/trigger.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { freshnessAt } from './definition.ts';
import { longestClosing } from './hours.ts';
import type { CompiledTimes } from './times.ts';

const MAX_AGE: Path = ['spec', 'freshness', 'maxAge'];

/** Events that freshness throws away at the start of a run because the trigger itself made them wait. */
export function tooOld(spec: TriggerSpec, times: CompiledTimes): Problem[] {
  const { freshness, order, debounce } = spec;
  if (freshness === undefined || freshnessAt(spec) === 'arrival') return [];
  const { maxAge } = freshness;
  if (order !== undefined && maxAge < order.holdFor) {
    const message = 'is shorter than order.holdFor: every event is too old when it goes on';
    return [error(MAX_AGE, message, 'Make maxAge longer than order.holdFor, or check freshness at: arrival.')];
  }
  return [
    ...(debounce && debounce.edge !== 'leading' && maxAge < debounce.quiet ? [oldAfterQuiet(debounce)] : []),
    ...waits(spec, times).flatMap(({ name, ms, who, remedy }) =>
      maxAge < ms ? [warning(MAX_AGE, `is shorter than ${name}: ${who}`, remedy)] : [],
    ),
  ];
}

/** The age of the youngest event a quiet window can fire with is `quiet`; of a kept first one at least that. */
function oldAfterQuiet({ edge, keep, maxWait }: NonNullable<TriggerSpec['debounce']>): Problem {
  const remedy = 'Make maxAge longer than debounce.quiet, or check freshness at: arrival.';
  if (edge === 'both') {
    return warning(MAX_AGE, 'is shorter than debounce.quiet: only the leading edge can fire', remedy);
  }
  if (maxWait !== undefined && keep !== 'first') {
    return warning(MAX_AGE, 'is shorter than debounce.quiet: only a window that maxWait ends can fire', remedy);
  }
  return error(MAX_AGE, 'is shorter than debounce.quiet: every event is too old when its window fires', remedy);
}

type Wait = { readonly name: string; readonly ms: number; readonly who: string; readonly remedy: string };

/** How long events may wait at each stage. */
function waits(spec: TriggerSpec, { hours: open }: CompiledTimes): Wait[] {
  const { events, threshold, batch, hours, cooldown, rate, breaker, approval } = spec;
  const longer = 'Make maxAge longer, or check freshness at: arrival.';
  const drops = 'Use onExcess: drop, or a longer maxAge.';
  const early = 'what came early is too old when it fires';
  return [
    ...('all' in events
      ? [
          {
            name: 'events.within',
            ms: events.within,
            who: 'a part can be too old when the others come',
            remedy: longer,
          },
        ]
      : []),
    ...(threshold ? [{ name: 'threshold.within', ms: threshold.within, who: early, remedy: longer }] : []),
    ...(batch?.maxWait === undefined ? [] : [{ name: 'batch.maxWait', ms: batch.maxWait, who: early, remedy: longer }]),
    ...(open && hours?.onExcess === 'hold'
      ? [{ name: 'the longest closing of hours', ms: longestClosing(open.allow), who: held('closing'), remedy: drops }]
      : []),
    ...(cooldown?.onExcess === 'hold'
      ? [{ name: 'cooldown.period', ms: cooldown.period, who: held('period'), remedy: drops }]
      : []),
    ...(rate?.onExcess === 'queue' || rate?.onExcess === 'hold'
      ? [{ name: 'rate.per', ms: rate.per, who: held('span'), remedy: drops }]
      : []),
    ...(breaker
      ? [{ name: 'breaker.openFor', ms: breaker.openFor, who: 'what it parks is too old afterwards', remedy: longer }]
      : []),
    ...(approval
      ? [
          {
            name: 'approval.timeout',
            ms: approval.timeout,
            who: 'events can be too old when a run is approved',
            remedy: longer,
          },
        ]
      : []),
  ];
}

const held = (what: string): string => `events held early in the ${what} are too old at its end`;

/** Waits that outlast the memory of identities. */
export function forgottenIdentity(spec: TriggerSpec): Problem[] {
  const { dedupe, events, order, threshold, debounce, batch } = spec;
  const twice = 'one window can hold the same event twice';
  const spans = [
    { name: 'order.holdFor', ms: order?.holdFor ?? 0, what: twice },
    { name: 'events.within', ms: 'all' in events ? events.within : 0, what: 'the same event can be in two sets' },
    { name: 'threshold.within', ms: threshold?.within ?? 0, what: 'the same event can count twice' },
    { name: 'debounce.quiet', ms: debounce?.quiet ?? 0, what: twice },
    { name: 'batch.maxWait', ms: batch?.maxWait ?? 0, what: twice },
  ];
  return spans.flatMap(({ name, ms, what }) =>
    ms <= dedupe.window
      ? []
      : [
          warning(
            ['spec', 'dedupe', 'window'],
            `is shorter than ${name}: ${what}`,
            'Make dedupe.window at least as long as the window.',
          ),
        ],
  );
}
