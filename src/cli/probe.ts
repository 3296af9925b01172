import { PROBE_ANSWER_MS } from '../contract/presets.ts';
import type { ProbeAnswer } from '../http/probe.ts';
import type { Service } from './api.ts';
import { ask } from './ask.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Format, table } from './output.ts';

/** The service gives up a little before. */
const TIMEOUT_MS = PROBE_ANSWER_MS + 5_000;

/** Probes a trigger; where something on the way says no, so does the exit code. */
export async function probe(trigger: string, format: Format, service: Service): Promise<ExitCode> {
  let missed = false;
  const asked = { path: `/v1/triggers/${encodeURIComponent(trigger)}/probe`, body: {}, timeoutMs: TIMEOUT_MS };
  const exit = await ask(service, asked, format, (body) => {
    if (!isProbe(body)) return undefined;
    missed = !body.ok;
    return probeLines(body);
  });
  return exit === EXIT.fine && missed ? EXIT.no : exit;
}

/** What a probe came to, for people: the conclusion, then the way, a line a leg. */
export function probeLines({ trigger, ok, tookMs, conclusion, way, targets }: ProbeAnswer): readonly string[] {
  const legs = [
    ...(way ? wayRows(way) : []),
    ...targets.map(({ target, found, workerMs = 0, answeredMs, at, detail }) => {
      const took = answeredMs === undefined ? '' : `${answeredMs} ms`;
      return [`target ${target}`, FOUND[found], took, `${at.join(' ')}: ${detail}${waited(workerMs)}`];
    }),
  ];
  return [
    `${trigger}  ${ok ? 'fine' : 'MISSED'}, ${tookMs} ms`,
    conclusion,
    ...(legs.length > 0 ? ['', ...table(legs)] : []),
  ];
}

const FOUND: { readonly [found in ProbeAnswer['targets'][number]['found']]: string } = {
  ready: 'ready',
  notReady: 'not ready',
  notProbed: 'not probed',
  missing: 'missing',
  noAnswer: 'no answer',
};

/** Milliseconds that a target waited for a worker, worth a word from here on. */
const WAITED_SHOWN_MS = 100;

function waited(workerMs: number): string {
  return workerMs < WAITED_SHOWN_MS ? '' : ` (${workerMs} ms until a worker had it)`;
}

function wayRows({ workerMs, matchedMs, sample, match, decidedMs, decision }: NonNullable<ProbeAnswer['way']>) {
  const event = sample ? 'its sample' : 'a made-up event';
  const matched =
    match.kind === 'taken' ? `takes ${event}, key ${match.key}` : `does not take ${event}: ${match.detail}`;
  const failed = match.kind === 'failed' ? `${match.code} at ${match.pointer} of ${event}: ${match.detail}` : matched;
  const decided = decision.ok
    ? [decision.mode, ...(decision.paused ? [`paused by ${decision.paused.by}`] : []), `breaker ${decision.breaker}`]
    : [decision.detail];
  return [
    ['worker', 'reached', `${workerMs} ms`, ''],
    ['match', match.kind === 'taken' ? 'taken' : sample ? 'NO' : 'asked', `${matchedMs} ms`, failed],
    ['instance', decision.ok ? 'decided' : 'NO', `${decidedMs} ms`, decided.join(', ')],
  ];
}

function isProbe(body: object): body is ProbeAnswer {
  return 'conclusion' in body && 'tookMs' in body && 'targets' in body && Array.isArray(body.targets);
}
