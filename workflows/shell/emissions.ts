import { CancellationScope, log, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { type Emission, emissionOf, heldBy, STARTED } from '../../src/core/emission.ts';
import { HOPS_MAX, nextHop, tooLong } from '../../src/core/lineage.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import type { EmissionSettings } from '../../src/spec/definition.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { aboutOf } from './call.ts';
import { callStep } from './step.ts';

const { openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

/** One event on its way out: its name within the run, what it says, and what that sees. */
type Outgoing = { readonly name: string; readonly emission: EmissionSettings; readonly seen: JsonObject };

/**
 * The events that a run emits, in their order, beside what the run does: it never waits for one before its end. What
 * cannot be emitted is a dead letter of its own and changes nothing about the run. Without `emit` nothing happens.
 */
export class Emissions {
  private readonly input: RunInput;
  private readonly counts = new Map<string, number>();
  private readonly deliveries: Promise<void>[] = [];
  private turns: Promise<void> = Promise.resolve();
  private version: string | undefined;

  constructor(input: RunInput) {
    this.input = input;
  }

  /** What a deployment deploys, once that is known. */
  deploys(version: string | undefined): void {
    this.version = version;
  }

  /** Its target is called: said at its first attempt alone. */
  started(): void {
    if (!this.counts.has('started')) this.emit(STARTED);
  }

  /** It waits for a person, who is told why. */
  held(detail: string): void {
    this.emit(heldBy(detail));
  }

  ended(outcome: RunOutcome): void {
    this.emit(emissionOf(outcome));
  }

  /** Resolves when everything emitted so far has arrived, or has become a dead letter. */
  async settled(): Promise<void> {
    await this.turns;
    await Promise.all(this.deliveries);
  }

  private emit({ name, seen }: Emission): void {
    const { settings, mode } = this.input.run;
    const emission = settings.emit?.find((it) => it.name === name);
    if (!emission || mode === 'shadow') return;
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const version = settings.kind === 'deploy' && { version: this.version ?? null };
    const outgoing = { name: count === 1 ? name : `${name}/${count}`, emission, seen: { ...seen, ...version } };
    const at = Date.now();
    this.turns = this.turns.then(() => CancellationScope.nonCancellable(() => this.send(outgoing, at)));
  }

  private async send(outgoing: Outgoing, at: number): Promise<void> {
    const { input } = this;
    const { name, emission, seen } = outgoing;
    const lineage = nextHop(input.trigger, input.run);
    if (lineage.depth > HOPS_MAX) return deadLetter(input, outgoing, 'chain_too_long', tooLong(lineage));
    const { emitEvent } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: `emit ${name}` });
    const emitted = await emitEvent({ ...aboutOf(input), name, emission, seen, lineage, at });
    if (!emitted.ok) return deadLetter(input, outgoing, 'mapping_error', emitted.detail);
    if (emitted.event) this.deliveries.push(deliver(input, outgoing, emitted.event));
  }
}

/** Gives the event to the target that `to` names, which sees it as the parameter `event`. */
async function deliver(input: RunInput, outgoing: Outgoing, event: JsonObject): Promise<void> {
  const { name, emission } = outgoing;
  const { retry, timeoutMs } = input.run.settings;
  const call = { target: emission.to ?? '', params: { event: '${{ emitted }}' } };
  const step = { name: `emit/${name}`, place: `/emit/${emission.name}/to`, call, seen: { emitted: event } };
  const given = await callStep(input, step, { delaysMs: retry.delaysMs, timeoutMs });
  if (given.kind === 'dead') return deadLetter(input, outgoing, given.code, given.detail);
  if (given.status === 'succeeded') return;
  const detail = given.detail ?? `It ${given.status}.`;
  return deadLetter(input, outgoing, 'target_rejected', detail);
}

async function deadLetter(input: RunInput, { name, emission }: Outgoing, code: string, detail: string): Promise<void> {
  const { trigger, run } = input;
  const { runId, key, generation } = run;
  log.error('an event of a run could not be emitted', { emission: name, code, detail });
  const { root, parent, depth, path } = nextHop(trigger, run);
  const event = { runId, trigger, key, emission: name, type: emission.type, root, parent, depth, path };
  const id = `${runId}.emit-${name.replace('/', '-')}`;
  const entries = [{ at: Date.now(), id, key, detail, event }];
  const place = `/emit/${emission.name}`;
  await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place, entries }]);
}
