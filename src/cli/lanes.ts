import type { LaneSummary } from '../http/read-api.ts';
import type { Service } from './api.ts';
import { ask } from './ask.ts';
import type { ExitCode } from './exit.ts';
import { moment } from './moment.ts';
import { type Format, table } from './output.ts';

/** Shows who holds a place in a lane or pool, and who waits for one. */
export function lanes(format: Format, service: Service): Promise<ExitCode> {
  return ask(service, { path: '/v1/lanes' }, format, (body) =>
    isLaneList(body) ? laneLines(body.lanes, Date.now()) : undefined,
  );
}

/** A line for each run, those that hold a place first. */
export function laneLines(all: readonly LaneSummary[], nowMs: number): readonly string[] {
  if (all.length === 0) return ['No lane or pool is wanted.'];
  const rows = all.flatMap((lane) => [
    ...placeRows(lane, nowMs),
    ...(lane.waitingCount > lane.waiting.length
      ? [['', '', `and ${lane.waitingCount - lane.waiting.length} more`, '', '', '']]
      : []),
  ]);
  return table([['PLACE', 'TAKEN', 'RUN', 'KIND', 'TRIGGER', ''], ...rows]);
}

function placeRows({ of, name, limit, holders, waiting }: LaneSummary, nowMs: number): readonly string[][] {
  const runs = [
    ...holders.map((run) => ({ ...run, how: `${run.promoting ? 'promotes, has it' : 'has it'} since` })),
    ...waiting.map((run) => ({ ...run, how: 'waits since' })),
  ];
  const head = [`${of} ${name}`, `${holders.length} of ${limit}`];
  if (runs.length === 0) return [[...head, '-', '', '', '']];
  return runs.map(({ runId, kind, trigger, how, since }, index) => [
    ...(index === 0 ? head : ['', '']),
    runId,
    kind,
    trigger,
    `${how} ${moment(since, nowMs)}`,
  ]);
}

function isLaneList(body: object): body is { readonly lanes: readonly LaneSummary[] } {
  return 'lanes' in body && Array.isArray(body.lanes);
}
