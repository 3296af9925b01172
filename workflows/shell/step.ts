import type { RunInput } from '../../src/contract/messages.ts';
import type { CallSettings } from '../../src/spec/definition.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { type Call, type CallOutcome, makeCall } from './call.ts';

/** One call of a run beside its own start. */
export type StepCall = {
  readonly name: string;
  /** Pointer to it in the trigger's spec. */
  readonly place: string;
  readonly call: CallSettings;
  readonly seen?: JsonObject;
  readonly expect?: string;
  /** Calls of one step that are not the same call: an attempt of a check. */
  readonly ordinal?: number;
};

/** Makes a call of a step. Its token is that of the run with the step's name, so that no other call has it. */
export function callStep(
  input: RunInput,
  { name, place, call, seen, expect, ordinal }: StepCall,
  limits: Pick<Call, 'delaysMs' | 'lostDelaysMs' | 'timeoutMs' | 'before' | 'onStarted'>,
): Promise<CallOutcome> {
  const suffix = name.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/-$/, '');
  const token = `${input.run.runId}.${suffix}${ordinal === undefined ? '' : `-${ordinal}`}`;
  const step = { name, ...call, token, ...(seen && { seen }), ...(expect !== undefined && { expect }) };
  return makeCall(input, { ...limits, params: {}, step, place });
}
