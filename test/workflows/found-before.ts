import type { MakeCase } from './generated.ts';

const head = { apiVersion: 'signalbox/v1' };

/** The windows of two keys end at one moment: the run of the first is told to end while it is being started. */
const cancelledWhileStarting: MakeCase = (name) => [
  {
    ...head,
    kind: 'Trigger',
    metadata: { name },
    spec: {
      events: { pattern: { type: [name] } },
      key: '${{ event.data.key }}',
      hours: { allow: ['Mon-Sun 06:00-18:00'], timeZone: 'UTC', onExcess: 'hold' },
      concurrency: { limit: 1, onExcess: 'cancelRunning', scope: 'trigger' },
      run: { target: 'target' },
    },
  },
  {
    ...head,
    kind: 'Scenario',
    metadata: { name },
    spec: {
      trigger: name,
      startAt: '2055-03-27T00:00:00Z',
      events: ['k', 'l'].map((key, index) => ({
        at: `${index + 1}h`,
        event: { id: key, type: name, data: { key } },
      })),
      runs: { takes: '3h' },
      until: '12h',
      expect: {},
    },
  },
];

/** Cases in which workflows once differed from the core, as small as they were found. */
export const FOUND_BEFORE: readonly MakeCase[] = [cancelledWhileStarting];
