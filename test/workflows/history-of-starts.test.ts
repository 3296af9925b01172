import { describe, expect, it } from 'vitest';

import { instanceId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';

const world = useWorld();

describe('an instance', () => {
  it('does nothing outside before a decision is in history: a query within such a task makes its replay differ', async () => {
    await world().define('starts', { stages: ['debounce: { quiet: 1h, edge: both }'] });
    await world().send('starts', 'leading');
    await world().send('starts', 'trailing');
    await world().settle();
    await world().sleep(2 * 3_600_000);
    expect(world().target.params('starts', 'files')).toEqual([['leading.csv'], ['trailing.csv']]);
    const { events = [] } = await world().client.workflow.getHandle(instanceId('starts')).fetchHistory();
    const activities = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(activities?.filter((name) => name !== undefined)).toEqual(['recoverState', 'startRuns', 'startRuns']);
    const markers = events?.map((event) => event.markerRecordedEventAttributes?.markerName);
    expect(new Set(markers?.filter((name) => name !== undefined))).toEqual(new Set(['core_patch']));
  });
});
