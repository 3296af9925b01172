import type { Scope } from '../../spec/definition.ts';
import { type LimitState, noLimits } from '../limit-state.ts';
import type { TriggerState } from '../state.ts';

const NOTHING: LimitState = noLimits();

/** What a limit of this scope has counted for a key. Never changed by who asks. */
export function limitsOf(state: TriggerState, scope: Scope, key: string): Readonly<LimitState> {
  return scope === 'trigger' ? state.limits : (state.keys.get(key)?.limits ?? NOTHING);
}
