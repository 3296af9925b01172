import type { ReplayOrders } from '../../src/http/operate-api.ts';

const AT = '2026-09-01T00:00:00.000Z';

const replayed = {
  replayId: 'rpl_1',
  trigger: 'retrain',
  workflowId: 'replay/retrain/rpl_1',
  state: 'running',
  since: AT,
  until: AT,
  pace: '10/s',
  by: 'ann',
  expected: 3,
  offered: 1,
  failed: 1,
  notTaken: 0,
  partial: 0,
  at: AT,
} as const;

/** A trigger through which events are replayed: every member an answer can have. */
export const REPLAYING: ReplayOrders = {
  forecastReplay: async (trigger) => ({
    ok: true,
    value: {
      trigger,
      dryRun: true,
      since: AT,
      until: AT,
      pace: '10/s',
      events: 3,
      notTaken: 1,
      partial: 1,
      takesMs: 300,
      failed: 1,
      runs: 1,
      suppressed: { dedupe: 1 },
      deadLettered: 0,
      waiting: 0,
      notices: ['n'],
    },
  }),
  startReplay: async () => ({ ok: true, value: replayed }),
  replays: async () => ({ ok: true, value: { replays: [replayed] } }),
  replay: async () => ({ ok: true, value: replayed }),
  resumeReplay: async () => ({ ok: true, value: replayed }),
  stopReplay: async (_trigger, _id, by) => ({ ok: true, value: { ...replayed, state: 'stopped', why: by } }),
};

/** Calls that end a replay, or let it go on. */
export const REPLAYS_ACTED_ON = {
  'post /v1/triggers/{name}/replays/{id}/stop': ['/v1/triggers/retrain/replays/rpl_1/stop', { by: 'ann' }],
  'post /v1/triggers/{name}/replays/{id}/resume': ['/v1/triggers/retrain/replays/rpl_1/resume', {}],
} as const;
