import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { SEARCH_ATTRIBUTE, WORKFLOW } from '../../../src/contract/names.ts';
import type { Program } from '../../e2e/program.ts';
import { event, eventually, Service } from '../../e2e/service.ts';
import { type Kind, targetDefinitions, triggerDefinitions } from './kinds.ts';
import { Outside } from './target.ts';

/** One step that was come to, by a run of a trigger. */
export type Step = {
  readonly at: number;
  readonly trigger: string;
  readonly step: string;
  /** It stopped there, for good. */
  readonly parked: boolean;
};

/** A trigger with the step at which its run is to be killed. */
export type Experiment = {
  readonly name: string;
  readonly kind: Kind;
  readonly step?: string;
};

/** Said of a run by its worker. */
export const OVER = 'over 1';
/** Looking costs as much as running. */
const LOOK_EVERY_MS = 300;
const PRELOAD = new URL('park.mjs', import.meta.url).href;
/** Definitions are looked at twice a second; on busy cores it takes longer. */
const LOADED_WITHIN_MS = 60_000;

/** A service without a worker, workers that stop where they are told to, and what is around them. */
export class System {
  readonly service: Service;
  readonly outside: Outside;
  private readonly targetSteps: Step[];
  private worker: Program | undefined;

  private constructor(service: Service, outside: Outside, targetSteps: Step[]) {
    this.service = service;
    this.outside = outside;
    this.targetSteps = targetSteps;
  }

  static async start(): Promise<System> {
    const steps: Step[] = [];
    const started: { service?: Service } = {};
    const outside = new Outside(
      (trigger, step, parked) => steps.push({ at: Date.now(), trigger, step, parked }),
      async (path, body) => (await started.service?.order(path, body))?.status ?? 0,
    );
    const { answer } = outside;
    const service = await Service.start({ definitions: targetDefinitions, answer, command: 'serve' });
    started.service = service;
    return new System(service, outside, steps);
  }

  /** Defines a trigger for each; resolves when they are live. */
  async define(file: string, experiments: readonly Experiment[]): Promise<void> {
    const { service } = this;
    service.define(file, triggerDefinitions(service.target.url, experiments));
    const last = experiments.at(-1)?.name;
    const look = async () => ((await service.get(`/v1/triggers/${last}`)).status === 200 ? true : undefined);
    await eventually(`trigger ${last} is live`, look, LOADED_WITHIN_MS);
  }

  /** Starts a worker that stops where the experiments say. */
  async startWorker(experiments: readonly Experiment[]): Promise<void> {
    const steps = experiments.flatMap(({ name, step }) => (step === undefined ? [] : [[name, step] as const]));
    // A run that did not come to its step in time goes on undisturbed.
    this.outside.plan.clear();
    for (const [name, step] of steps) this.outside.plan.set(name, step);
    writeFileSync(this.planFile, JSON.stringify(Object.fromEntries(steps)));
    this.worker = await this.service.startAnother('worker', 'definitions', {
      preload: PRELOAD,
      environment: {
        SIGNALBOX_STEPS_PLAN: this.planFile,
        SIGNALBOX_STEPS_TRACE: this.traceFile,
        SIGNALBOX_API_URL: this.service.running.url,
      },
    });
  }

  async killWorker(): Promise<unknown> {
    this.worker?.kill('SIGKILL');
    return this.worker?.exited;
  }

  /** Sends the event of a trigger. */
  async send(name: string): Promise<void> {
    const { status } = await this.service.send(event(`${name}-event`, name, { data: { version: 7 } }));
    if (status !== 202) throw new Error(`the event of ${name} was answered with ${status}`);
  }

  /** Everything that was come to so far, in order. */
  steps(): readonly Step[] {
    const text = existsSync(this.traceFile) ? readFileSync(this.traceFile, 'utf8') : '';
    const seen = text.split('\n').flatMap((line): Step[] => (line === '' ? [] : [JSON.parse(line)]));
    return [...seen, ...this.targetSteps].toSorted((a, b) => a.at - b.at);
  }

  /** Run ids of the runs that have ended, and of those that go on, by trigger. */
  async runs(): Promise<ReadonlyMap<string, { readonly runId: string; readonly isOver: boolean }[]>> {
    const runs = new Map<string, { readonly runId: string; readonly isOver: boolean }[]>();
    const query = `WorkflowType = "${WORKFLOW.run}"`;
    for await (const found of this.service.client.workflow.list({ query })) {
      const trigger = found.typedSearchAttributes.get(SEARCH_ATTRIBUTE.trigger) ?? '';
      const run = { runId: found.workflowId, isOver: found.status.name !== 'RUNNING' };
      runs.set(trigger, [...(runs.get(trigger) ?? []), run]);
    }
    return runs;
  }

  /** Resolves when the runs of these triggers are over. */
  async over(triggers: readonly string[], withinMs: number): Promise<void> {
    const look = async () => {
      const runs = await this.runs();
      return triggers.filter((name) => !(runs.get(name) ?? []).some(({ isOver }) => isOver));
    };
    const none = async () => ((await look()).length === 0 ? true : undefined);
    await eventually('the end of the runs', none, withinMs, LOOK_EVERY_MS).catch(async (error: unknown) => {
      throw new Error(`still open: ${(await look()).join(', ')}`, { cause: error });
    });
  }

  /** Resolves when every run is where it stops, or is over. Gives the triggers of those that stopped. */
  async stopped(triggers: readonly string[], withinMs: number): Promise<ReadonlySet<string>> {
    const names = new Set(triggers);
    const steps = () => this.steps().filter(({ trigger }) => names.has(trigger));
    const all = () => {
      const there = steps().filter(({ parked, step }) => parked || step === OVER);
      return new Set(there.map(({ trigger }) => trigger)).size === names.size ? true : undefined;
    };
    // Those that did not come are said to have not.
    await eventually('every run where it stops', all, withinMs, LOOK_EVERY_MS).catch(() => undefined);
    return new Set(steps().flatMap(({ parked, trigger }) => (parked ? [trigger] : [])));
  }

  async stop(): Promise<void> {
    this.outside.close();
    await this.worker?.stop();
    await this.service.stop();
  }

  private get planFile(): string {
    return join(this.service.directory, 'plan.json');
  }

  private get traceFile(): string {
    return join(this.service.directory, 'steps.jsonl');
  }
}
