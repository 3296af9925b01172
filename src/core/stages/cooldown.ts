import { type AdmissionStage, OPEN } from './stage.ts';

/** Closed for `period` after a run of the key started. */
export const cooldown: AdmissionStage = {
  name: 'cooldown',
  forced: true,
  admit(view, { key }) {
    const settings = view.definition.cooldown;
    const untilAt = view.state.keys.get(key)?.coolingUntil;
    if (settings === undefined || untilAt === undefined || untilAt <= view.at) return OPEN;
    const reason = { kind: 'coolingDown', untilAt, periodMs: settings.periodMs } as const;
    return { kind: 'closed', onExcess: settings.onExcess, untilAt, reason };
  },
};
