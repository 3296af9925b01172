import { createTarget } from '../src/connectors/registry.ts';
import type { ProbeOutcome } from '../src/connectors/target.ts';
import { PROBE_TARGET_TIMEOUT_MS } from '../src/contract/presets.ts';
import type { ProbedDoor, ProbeSees } from '../src/contract/probes.ts';
import type { ProbedTarget } from '../src/core/probe.ts';
import { type CallDependencies, withHeartbeats } from './call-target.ts';
import type { Activities } from './interface.ts';
import { resolveTarget } from './resolve-target.ts';

export type ProbeDependencies = CallDependencies & {
  readonly probeDoor: (trigger: string, at: number) => Promise<ProbedDoor>;
};

/** Asks one target whether it could be used now. Every expected outcome is an answer, a target that says nothing too. */
export function createProbeTarget(dependencies: ProbeDependencies): Activities['probeTarget'] {
  return async ({ trigger, target: name, at, sees }) => {
    const began = Date.now();
    const workerMs = Math.max(0, began - at);
    const answer = await probed(name, trigger, sees, dependencies);
    return { ...answer, workerMs, answeredMs: Date.now() - began };
  };
}

type Answer = Pick<ProbedTarget, 'found' | 'detail'>;

async function probed(
  name: string,
  trigger: string,
  sees: ProbeSees,
  dependencies: ProbeDependencies,
): Promise<Answer> {
  const loaded = dependencies.definitions().targets.get(name);
  if (!loaded) return { found: 'missing', detail: 'No target of this name is loaded on the worker that was asked.' };
  const { items, isReal, ...run } = sees;
  const context = { trigger, run: { ...run, cause: 'manual' as const }, eventCount: 1, items };
  const resolved = resolveTarget(loaded, context);
  if (!resolved.ok && isReal)
    return { found: 'notReady', detail: `Its settings fail on the sample: ${resolved.detail}` };
  if (!resolved.ok) {
    return { found: 'notProbed', detail: `Its settings need an event, probe.event of the trigger: ${resolved.detail}` };
  }
  const target = createTarget(resolved.target, dependencies.targets);
  if (!target.probe)
    return { found: 'notProbed', detail: 'It has no probe: it cannot be asked without starting something.' };
  const over = AbortSignal.timeout(PROBE_TARGET_TIMEOUT_MS);
  const outcome = await withHeartbeats(dependencies, async (around): Promise<ProbeOutcome> => {
    const signal = AbortSignal.any([around.signal, over]);
    return Promise.race([target.probe?.({ ...around, signal }) ?? SILENT, silence(signal)]);
  });
  // Told to give up, a target says that it was; what matters is that its time was over.
  const { kind: found, detail } = over.aborted && outcome.kind === 'notReady' ? SILENT : outcome;
  return { found, detail };
}

const SILENT: ProbeOutcome = {
  kind: 'notReady',
  detail: `It said nothing within ${PROBE_TARGET_TIMEOUT_MS / 1_000} s.`,
};

/** For a target that does not give up when it is told to: a little later, so that what it says then is heard. */
const GIVING_UP_MS = 1_000;

function silence(signal: AbortSignal): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setTimeout(() => resolve(SILENT), GIVING_UP_MS).unref(), { once: true });
  });
}
