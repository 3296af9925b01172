import { type AdmissionStage, OPEN } from './stage.ts';

/** Closed while the trigger or the key is paused: what a person fires meanwhile, or a fallback, waits for the resume. */
export const pause: AdmissionStage = {
  name: 'pause',
  forced: false,
  admit({ state }, { key }) {
    const paused = state.paused ?? state.keys.get(key)?.paused;
    if (!paused) return OPEN;
    return { kind: 'closed', onExcess: 'queue', reason: { kind: 'paused', since: paused.sinceAt } };
  },
};
