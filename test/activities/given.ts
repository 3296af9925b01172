import type { StartTargetInput } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import type { RunRequest } from '../../src/core/fact.ts';
import type { Item } from '../../src/core/offer.ts';
import type { RunSettings } from '../../src/spec/definition.ts';

const SETTINGS: RunSettings = {
  kind: 'train',
  target: 'train',
  params: {},
  retry: { delaysMs: [60_000] },
  timeoutMs: 3_600_000,
};

/** A decided run in which only what matters is named. */
export function runOf(more: Partial<RunRequest> & { readonly params?: RunSettings['params'] } = {}): RunRequest {
  const { params = {}, ...rest } = more;
  return {
    runId: 'sb1-0123456789012345678901234567890123456789',
    key: 'eu',
    cause: 'events',
    firedAt: Date.parse('2026-09-01T10:00:00Z'),
    generation: 'g1',
    settings: { ...SETTINGS, params },
    bytes: 0,
    mode: 'live',
    members: 'm',
    items: [itemOf(1, 'a.csv'), itemOf(2, 'b.csv')],
    last: { event: { id: '2', data: { size: 7, name: 'it\'s "b"' } } },
    receivedAt: 0,
    ...rest,
  };
}

export function itemOf(number: number, value?: Item['value']): Item {
  const item = { eventId: `evt_${String(number).padStart(22, '0')}`, time: number };
  return value === undefined ? item : { ...item, value };
}

export function runInput(run: RunRequest): RunInput {
  return { version: 1, trigger: 'retrain', run };
}

export function startInput(more: Partial<StartTargetInput> = {}): StartTargetInput {
  return {
    trigger: 'retrain',
    run: runOf(),
    eventCount: 2,
    items: ['a', 'b'],
    params: {},
    attempt: 1,
    lost: false,
    ...more,
  };
}
