import type { AdmissionStage } from './stage.ts';

/** Closed for `period` after a run of the key started. */
export const cooldown: AdmissionStage = {
  name: 'cooldown',
  admit(view, key) {
    const settings = view.definition.cooldown;
    const untilAt = key?.coolingUntil;
    if (settings === undefined || untilAt === undefined || untilAt <= view.at) return { kind: 'open' };
    const reason = { kind: 'coolingDown', untilAt, periodMs: settings.periodMs } as const;
    return settings.onExcess === 'hold' ? { kind: 'hold', untilAt, reason } : { kind: 'drop', reason };
  },
};
