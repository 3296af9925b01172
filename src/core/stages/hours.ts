import { openAt } from '../calendar.ts';
import { type AdmissionStage, OPEN } from './stage.ts';

/** Closed outside the allowed hours and in a freeze. */
export const hours: AdmissionStage = {
  name: 'hours',
  forced: true,
  admit(view) {
    const settings = view.definition.hours;
    if (settings === undefined) return OPEN;
    const now = openAt(settings, view.at);
    if (now.open) return OPEN;
    const { onExcess } = settings;
    if (now.reason === 'neverOpen') return { kind: 'closed', onExcess, reason: { kind: 'outsideHours' } };
    const { untilAt } = now;
    if (now.reason === 'frozen') return { kind: 'closed', onExcess, untilAt, reason: { kind: 'frozen', untilAt } };
    return { kind: 'closed', onExcess, untilAt, reason: { kind: 'outsideHours', opensAt: untilAt } };
  },
};
