import { describe, expect, it } from 'vitest';

import { METRICS } from '../../src/observability/metric-table.ts';
import { createMetrics } from '../../src/observability/metrics.ts';

const names = { triggers: ['retrain'], sources: ['landing'], targets: ['train'] };

/** The lines of our own series, sorted. */
async function series(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).toSorted();
}

describe('metrics', () => {
  it('count, set and observe under the names of the table', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.define(names);
    metrics.count('signalbox_events_received_total', { source: 'landing', outcome: 'accepted' });
    metrics.count('signalbox_events_received_total', { source: 'events', outcome: 'malformed_json' }, 2);
    metrics.set('signalbox_pending_events', { trigger: 'retrain' }, 7);
    metrics.observe('signalbox_commit_batch_offers', {}, 16);
    expect(await series(metrics, 'signalbox_events_received_total')).toEqual([
      'signalbox_events_received_total{source="events",outcome="malformed_json"} 2',
      'signalbox_events_received_total{source="landing",outcome="accepted"} 1',
    ]);
    expect(await series(metrics, 'signalbox_pending_events')).toEqual([
      'signalbox_pending_events{trigger="retrain"} 7',
    ]);
    expect(await series(metrics, 'signalbox_commit_batch_offers_sum')).toEqual([
      'signalbox_commit_batch_offers_sum 16',
    ]);
    expect(await series(metrics, 'signalbox_build_info')).toEqual(['signalbox_build_info{version="1.2.3"} 1']);
  });

  it('shows every row of the table with its help, and the process', async () => {
    const text = await createMetrics({ version: '1' }).text();
    for (const { name, help, type } of METRICS) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}`);
    }
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('keep the number of series bounded whatever values arrive', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.define(names);
    for (let i = 0; i < 1_000; i += 1) {
      const any = `attack-${i}`;
      metrics.count('signalbox_dispatch_total', { trigger: any, target: any, outcome: any });
      metrics.count('signalbox_suppressed_total', { trigger: 'retrain', reason: any });
      metrics.count('signalbox_events_received_total', { source: any, outcome: 'accepted' });
      metrics.set('signalbox_build_info', { version: any }, 1);
    }
    expect(await series(metrics, 'signalbox_dispatch_total')).toEqual([
      'signalbox_dispatch_total{trigger="other",target="other",outcome="other"} 1000',
    ]);
    expect(await series(metrics, 'signalbox_suppressed_total')).toHaveLength(1);
    expect(await series(metrics, 'signalbox_events_received_total')).toHaveLength(1);
    expect(await series(metrics, 'signalbox_build_info')).toHaveLength(2);
  });

  it('drop the series of a trigger that is gone and keep the others', async () => {
    const metrics = createMetrics({ version: '1' });
    metrics.define({ ...names, triggers: ['retrain', 'old'] });
    metrics.set('signalbox_pending_events', { trigger: 'retrain' }, 1);
    metrics.set('signalbox_pending_events', { trigger: 'old' }, 1);
    metrics.define(names);
    expect(await series(metrics, 'signalbox_pending_events')).toEqual([
      'signalbox_pending_events{trigger="retrain"} 1',
    ]);
  });

  it('share nothing between two instances', async () => {
    const one = createMetrics({ version: '1' });
    one.count('signalbox_events_unmatched_total', { source: 'events' });
    expect(await series(createMetrics({ version: '1' }), 'signalbox_events_unmatched_total')).toEqual([]);
  });

  it('have a vocabulary for every label that no definition gives', () => {
    const defined = ['trigger', 'source', 'target', 'version'];
    for (const row of METRICS) {
      const closed: readonly string[] = 'closed' in row ? Object.keys(row.closed) : [];
      expect([...closed].toSorted()).toEqual(row.labels.filter((label) => !defined.includes(label)).toSorted());
    }
  });
});
