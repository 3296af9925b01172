import type { RateSettings } from '../../spec/definition.ts';
import type { LimitState } from '../limit-state.ts';
import { limitsOf } from './limit.ts';
import { type AdmissionStage, OPEN } from './stage.ts';

/**
 * When one more start fits, epoch milliseconds: at most `limit` lie in any (t - per, t]. `starts` are sorted; `at` or
 * earlier where it fits now.
 */
export function rateOpensAt({ limit, perMs }: RateSettings, starts: LimitState['starts'], at: number): number {
  const decisive = starts[starts.length - limit];
  return decisive === undefined ? at : decisive[0] + perMs;
}

/** Never more than `limit` starts in any half-open span of `per`. */
export const rate: AdmissionStage = {
  name: 'rate',
  forced: true,
  admit(view, { key }) {
    const settings = view.definition.rate;
    if (settings === undefined) return OPEN;
    const untilAt = rateOpensAt(settings, limitsOf(view.state, settings.scope, key).starts, view.at);
    if (untilAt <= view.at) return OPEN;
    const { limit, perMs, onExcess, scope } = settings;
    const reason = { kind: 'rateReached', limit, perMs, untilAt } as const;
    return { kind: 'closed', onExcess, reason, ...(scope === 'key' && { untilAt }) };
  },
};
