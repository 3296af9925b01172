import type { Definition } from '../spec/definition.ts';
import type { Breaker } from './limit-state.ts';
import type { TriggerState } from './state.ts';
import { clip } from './view.ts';

/** Of a conclusion: it stands in the memo of the workflow, in the log and in lists. */
const CONCLUSION_MAX_CHARS = 1_000;

/**
 * What an instance decides about a probe: that it is one. It joins nothing and counts nowhere; this is what would keep a
 * run of the key from starting now.
 */
export type ProbeDecision = {
  readonly mode: Definition['mode'];
  /** When it was paused, epoch milliseconds: the trigger, or else the key. */
  readonly paused?: { readonly sinceAt: number; readonly by: string };
  readonly breaker: Breaker['mode'];
};

/** Decides a probe of one key. Changes nothing. */
export function decideProbe(state: TriggerState, key: string): ProbeDecision {
  const own = state.keys.get(key);
  const paused = state.paused ?? own?.paused;
  const { scope } = state.definition.breaker ?? {};
  const { breaker } = (scope === 'key' ? own?.limits : state.limits) ?? { breaker: { mode: 'closed' } as const };
  return {
    mode: state.definition.mode,
    ...(paused && { paused: { sinceAt: paused.sinceAt, by: paused.by } }),
    breaker: breaker.mode,
  };
}

/** What the trigger made of the event of a probe. `taken`: it fits, and every expression on it works. */
export type ProbeMatch =
  | { readonly kind: 'taken'; readonly key: string }
  | { readonly kind: 'notTaken'; readonly detail: string }
  | { readonly kind: 'failed'; readonly code: string; readonly pointer: string; readonly detail: string };

/** How far a probe came before any target; all spans in milliseconds. */
export type ProbedWay = {
  /** From its start to a worker that had it. */
  readonly workerMs: number;
  /** What matching took. */
  readonly matchedMs: number;
  /** Whether the trigger names an event for its probes, which it has to take; else one is made up that it need not. */
  readonly sample: boolean;
  readonly match: ProbeMatch;
  /** From the commit to the answer of the instance: commit and decision are one write of Temporal. */
  readonly decidedMs: number;
  readonly decision: ({ readonly ok: true } & ProbeDecision) | { readonly ok: false; readonly detail: string };
};

/** What a target answered. */
export type ProbedTarget = {
  readonly target: string;
  /** Where the trigger's spec names it, as RFC 6901 pointers. */
  readonly at: readonly string[];
  /**
   * `notProbed`: it cannot be asked without starting something, or what it is asked depends on an event that is not
   * there. `missing`: no such target is loaded. `noAnswer`: nobody could ask it in time.
   */
  readonly found: 'ready' | 'notReady' | 'notProbed' | 'missing' | 'noAnswer';
  readonly detail: string;
  /** From when it was given to the workers to when one had it, and from then to the answer; milliseconds. */
  readonly workerMs?: number;
  readonly answeredMs?: number;
};

/** One probe, from its start to the last answer. */
export type ProbeReport = {
  readonly trigger: string;
  /** When it began, epoch milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  /** Nothing on the way said no. */
  readonly ok: boolean;
  readonly conclusion: string;
  /** Absent where no worker took it up. */
  readonly way?: ProbedWay;
  readonly targets: readonly ProbedTarget[];
};

/** What is remembered from one probe of a trigger to the next. */
export type ProbeRecord = {
  /** In a row, up to the last one. */
  readonly misses: number;
  /** When the last one began that missed nothing, epoch milliseconds. */
  readonly okAt?: number;
  readonly last: Pick<ProbeReport, 'at' | 'tookMs' | 'ok' | 'conclusion'>;
};

/** What a probe comes to. `way` is a text where nobody came so far. */
export function probeReport(
  about: Pick<ProbeReport, 'trigger' | 'at' | 'tookMs'>,
  way: ProbedWay | string,
  targets: readonly ProbedTarget[],
): ProbeReport {
  if (typeof way === 'string') {
    return { ...about, ok: false, conclusion: clip(way, CONCLUSION_MAX_CHARS), targets };
  }
  const no = noOf(way, targets);
  const conclusion = clip([no ?? fine(targets), ...notes(way)].join(' '), CONCLUSION_MAX_CHARS);
  return { ...about, ok: no === undefined, conclusion, way, targets };
}

/** The record after a probe. */
export function afterProbe(before: ProbeRecord | undefined, report: ProbeReport): ProbeRecord {
  const { at, tookMs, ok, conclusion } = report;
  const okAt = ok ? at : before?.okAt;
  return {
    misses: ok ? 0 : (before?.misses ?? 0) + 1,
    ...(okAt !== undefined && { okAt }),
    last: { at, tookMs, ok, conclusion },
  };
}

const NOS: ReadonlySet<ProbedTarget['found']> = new Set(['notReady', 'missing', 'noAnswer']);

/** The first thing on the way that said no; undefined where nothing did. */
function noOf({ sample, match, decision }: ProbedWay, targets: readonly ProbedTarget[]): string | undefined {
  if (sample && match.kind === 'notTaken') return `The trigger does not take its sample: ${match.detail}`;
  if (sample && match.kind === 'failed') {
    return `Its sample would be a dead letter, ${match.code} at ${match.pointer}: ${match.detail}`;
  }
  if (!decision.ok) return `The instance of the trigger did not answer: ${decision.detail}`;
  const [first, ...others] = targets.filter(({ found }) => NOS.has(found));
  if (!first) return undefined;
  const more = others.length === 0 ? '' : ` And ${others.length} more said no.`;
  return `Target ${first.target}: ${first.detail}${more}`;
}

function fine(targets: readonly ProbedTarget[]): string {
  const ready = targets.filter(({ found }) => found === 'ready').length;
  if (ready === targets.length) return `Ready: ${ready === 1 ? 'its target' : `all ${ready} targets`}.`;
  const unasked = targets.length - ready;
  return ready === 0
    ? `The way to its targets is fine; none of the ${targets.length} can be probed.`
    : `Ready: ${ready} of ${targets.length} targets; ${unasked} cannot be probed.`;
}

/** What would keep a run from its target although everything is there. */
function notes({ decision }: ProbedWay): string[] {
  if (!decision.ok) return [];
  const { mode, paused, breaker } = decision;
  return [
    ...(paused ? [`Paused by ${paused.by}: no run starts.`] : []),
    ...(mode === 'shadow' ? ['In shadow: its runs call no target.'] : []),
    ...(breaker === 'open' ? ['Its breaker is open.'] : []),
  ];
}
