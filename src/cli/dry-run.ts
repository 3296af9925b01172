import type { DryRunAnswer } from '../http/dry-run.ts';
import { couldNotRun, type ExitCode } from './exit.ts';
import { ask } from './ask.ts';
import type { Service } from './api.ts';
import { type Page, stageLines } from './explain-text.ts';
import { type Format, giveUp } from './output.ts';
import { readInput } from './read-input.ts';
import { eventOf } from './send-input.ts';
import { readable, terminalColumns, wrapped } from './wrap.ts';

/** Says what a trigger would make of the event in a file, and changes nothing. */
export async function dryRun(
  trigger: string,
  file: string,
  { source, fill }: { readonly source?: string; readonly fill: boolean },
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const input = await readInput(file);
  if (!input.ok) return giveUp(input);
  const event = eventOf(input.bytes, fill);
  if (event === undefined) {
    return giveUp(couldNotRun(`${file} is not one CloudEvent as JSON`, 'Give one event; see: signalbox send'));
  }
  const path = `/v1/triggers/${encodeURIComponent(trigger)}/dry-run`;
  const body = { event, ...(source !== undefined && { source }) };
  const page = { nowMs: Date.now(), columns: terminalColumns(), serviceUrl: service.url };
  return ask(service, { path, body }, format, (answer) => (isDryRun(answer) ? dryRunLines(answer, page) : undefined));
}

/** What a dry run came to, for people. */
function dryRunLines({ trigger, key, conclusion, stages, runs }: DryRunAnswer, page: Page): readonly string[] {
  const width = Math.max(0, ...stages.map(({ stage }) => stage.length));
  const asks = runs.map(({ approval }) => ASKS[approval]).filter((text) => text !== '');
  return [
    ...wrapped('', readable(conclusion, page.nowMs), page.columns),
    ...(stages.length === 0 ? [] : ['', [trigger, ...(key === undefined ? [] : [`key ${key}`])].join('  ')]),
    ...stages.flatMap((stage) => stageLines(stage, width, page)),
    ...asks,
  ];
}

const ASKS: { readonly [approval in DryRunAnswer['runs'][number]['approval']]: string } = {
  none: '',
  asks: 'The run would ask for approval.',
  condition: 'The run would ask for approval where approval.when holds.',
};

function isDryRun(body: object): body is DryRunAnswer {
  return 'conclusion' in body && 'stages' in body && Array.isArray(body.stages) && 'runs' in body;
}
