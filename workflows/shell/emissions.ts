import { CancellationScope, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { CallAgain } from '../../src/core/dead-letters.ts';
import { type Emission, emissionOf, heldBy, STARTED } from '../../src/core/emission.ts';
import { HOPS_MAX, nextHop, tooLong } from '../../src/core/lineage.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import type { EmissionSettings } from '../../src/spec/definition.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { faultOf, openCallLetter } from './call-letter.ts';
import { aboutOf } from './call.ts';
import { callStep } from './step.ts';

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
    if (lineage.depth > HOPS_MAX) {
      return deadLetter(input, outgoing, { code: 'chain_too_long', detail: tooLong(lineage) });
    }
    const { emitEvent } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: `emit ${name}` });
    const emitted = await emitEvent({ ...aboutOf(input), name, emission, seen, lineage, at });
    if (!emitted.ok) return deadLetter(input, outgoing, { code: 'mapping_error', detail: emitted.detail });
    if (emitted.event) this.deliveries.push(deliver(input, outgoing, emitted.event));
  }
}

/** Gives the event to the target that `to` names, which sees it as the parameter `event`. */
async function deliver(input: RunInput, outgoing: Outgoing, event: JsonObject): Promise<void> {
  const { name, emission } = outgoing;
  const { retry, timeoutMs } = input.run.settings;
  const call = { target: emission.to ?? '', params: { event: '${{ emitted }}' } };
  const step = { name: `emit/${name}`, place: `/emit/${emission.name}/to`, call, seen: { emitted: event } };
  const fault = faultOf(await callStep(input, step, { delaysMs: retry.delaysMs, timeoutMs }));
  if (fault) await deadLetter(input, outgoing, fault, { ...call, name: step.name, place: step.place, seen: step.seen });
}

function deadLetter(
  input: RunInput,
  { name, emission }: Outgoing,
  fault: { readonly code: string; readonly detail: string },
  call?: CallAgain,
): Promise<void> {
  const { root, parent, depth, path } = nextHop(input.trigger, input.run);
  const event = { emission: name, type: emission.type, root, parent, depth, path };
  const aside = { name: `emit/${name}`, place: `/emit/${emission.name}`, event, ...(call && { call }) };
  return openCallLetter(input, aside, fault);
}
