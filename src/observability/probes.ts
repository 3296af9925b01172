import type { ProbeReport } from '../core/probe.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Tells the log and the metrics of a probe, once it is over. */
export function createProbeTeller(
  log: Pick<Logger, 'info' | 'warn'>,
  metrics: Pick<Metrics, 'count'>,
): (report: ProbeReport) => void {
  return ({ trigger, ok, tookMs, conclusion }) => {
    metrics.count('signalbox_probes_total', { trigger, outcome: ok ? 'fine' : 'missed' });
    if (ok) log.info({ trigger, tookMs, conclusion }, 'probed');
    else log.warn({ trigger, tookMs, conclusion }, 'a probe missed');
  };
}
