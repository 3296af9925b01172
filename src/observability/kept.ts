import type { Metrics } from './metrics.ts';

/** What one segment holds, as it tells after each of its signals; 0 when it is over. */
type Held = { readonly trigger: string; readonly runId: string; readonly offers: number };

/** Sums up what the segments that this worker runs hold for each trigger. */
export function createKeptGauge(metrics: Metrics): (held: Held) => void {
  const segments = new Map<string, Map<string, number>>();
  return ({ trigger, runId, offers }) => {
    const held = segments.get(trigger) ?? new Map<string, number>();
    segments.set(trigger, held);
    if (offers > 0) held.set(runId, offers);
    else held.delete(runId);
    const sum = [...held.values()].reduce((total, one) => total + one, 0);
    metrics.set('signalbox_spilled_events', { trigger }, sum);
  };
}
