import { setTimeout as delay } from 'node:timers/promises';

import type { Random } from './random.ts';
import { type System, type Victim, VICTIMS } from './system.ts';

/** One fault that was made. */
export type Fault = { readonly kind: 'kill' | 'pause'; readonly victim: Victim };

/** Time between faults, and how long a pause lasts: long enough for a workflow task to time out. */
const BETWEEN_MIN_MS = 1_500;
const BETWEEN_MAX_MS = 4_500;
const PAUSE_MIN_MS = 1_500;
const PAUSE_MAX_MS = 3_500;

/** Kills every process once and one of them twice, pauses one, in an order the seed gives. */
export async function* nemesis(system: System, draw: Random): AsyncGenerator<Fault> {
  const anyOf = () => VICTIMS[draw.below(VICTIMS.length)] ?? 'worker';
  const plan = draw.shuffle<Fault>([
    ...VICTIMS.map((victim) => ({ kind: 'kill', victim }) as const),
    { kind: 'kill', victim: anyOf() },
    { kind: 'pause', victim: anyOf() },
  ]);
  for (const fault of plan) {
    await delay(BETWEEN_MIN_MS + draw.below(BETWEEN_MAX_MS - BETWEEN_MIN_MS));
    if (fault.kind === 'kill') await system.killAndRestart(fault.victim);
    else await pause(system, fault.victim, PAUSE_MIN_MS + draw.below(PAUSE_MAX_MS - PAUSE_MIN_MS));
    yield fault;
  }
}

async function pause(system: System, victim: Victim, pauseMs: number): Promise<void> {
  system.signal(victim, 'SIGSTOP');
  await delay(pauseMs);
  system.signal(victim, 'SIGCONT');
}
