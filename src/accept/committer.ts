import type { Client } from '@temporalio/client';

import { batchSignal, entriesSignal, pressureQuery } from '../contract/definitions.ts';
import { softGrowthBytes } from '../contract/continuation.ts';
import { BATCH_BYTES_MAX, BATCH_OFFERS_MAX } from '../contract/limits.ts';
import type { Batch, DeadLetterInput, HandedOver } from '../contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, TASK_QUEUE, WORKFLOW } from '../contract/names.ts';
import type { InstancePressure, Segment } from '../contract/spill.ts';
import type { DeadLetterEntry } from '../core/dead-letters.ts';
import type { ApprovalReport, RunReport } from '../core/fact.ts';
import { utf8Bytes } from '../core/json-bytes.ts';
import type { Delivery } from '../core/verdicts.ts';
import type { Definition } from '../spec/definition.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { Credit, loadOf } from './credit.ts';
import { giveOrder, handedOver, hasRoom, type Replay, replayOrder } from './hand-over.ts';
import { instanceStart } from './instance-start.ts';
import { COMMIT_DEADLINE_MS, type Committed, Lane } from './lane.ts';
import { Spill } from './spill.ts';

/** What goes to an instance. */
type Message =
  | { readonly kind: 'offer'; readonly delivery: Delivery }
  | { readonly kind: 'report'; readonly report: RunReport }
  | { readonly kind: 'approval'; readonly approval: ApprovalReport }
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'nudge' };

/** What a commit tells the metrics. */
export type CommitObserver = {
  readonly sent: (trigger: string, offers: number, bytes: number, tookMs: number) => void;
  /** Offers that went to a segment, for the instance has no room. */
  readonly kept: (trigger: string, offers: number) => void;
};

const NOTHING_HELD: InstancePressure = { pendingItems: 0, pendingBytes: 0, keys: 0, keyBytes: 0, identities: 0 };
/** An instance that does not tell how full it is within this counts as not answering. */
const PRESSURE_DEADLINE_MS = 3_000;
/** An instance as a sender sees it. */
type InstanceLane = { readonly lane: Lane<Message>; definition: Definition; sentLoadedAt: number };

/**
 * Commits offers, reports and dead letters to Temporal: one signal in flight for each workflow, many messages in it.
 * Every promise resolves after Temporal acknowledged, or says why it did not; none rejects.
 */
export class Committer {
  private readonly client: Client;
  private readonly observer: CommitObserver;
  private readonly now: () => number;
  private readonly instances = new Map<string, InstanceLane>();
  private readonly letters = new Map<string, Lane<DeadLetterEntry>>();

  constructor(client: Client, observer: CommitObserver, now: () => number) {
    this.client = client;
    this.observer = observer;
    this.now = now;
  }

  /** Commits one offer to the instance of its trigger, which is started where it does not run. */
  offer(definition: Definition, delivery: Delivery): Promise<Committed> {
    return this.instance(definition).lane.commit({ kind: 'offer', delivery });
  }

  /** Commits the end of a run to its instance. */
  report(definition: Definition, report: RunReport): Promise<Committed> {
    return this.instance(definition).lane.commit({ kind: 'report', report });
  }

  /** Commits that an asking run was approved to its instance. */
  approval(definition: Definition, approval: ApprovalReport): Promise<Committed> {
    return this.instance(definition).lane.commit({ kind: 'approval', approval });
  }

  /** Tells an instance of a segment that holds offers for it. */
  segment(definition: Definition, segment: Segment): Promise<Committed> {
    return this.instance(definition).lane.commit({ kind: 'segment', segment });
  }

  /** Starts the instance of a trigger where it does not run, with nothing for it. */
  nudge(definition: Definition): Promise<Committed> {
    return this.instance(definition).lane.commit({ kind: 'nudge' });
  }

  /** Adds an entry to a dead letter, which is opened where it is not open. */
  deadLetter(workflowId: string, letter: DeadLetterInput, entry: DeadLetterEntry): Promise<Committed> {
    const lane = this.letters.get(workflowId) ?? this.letterLane(workflowId, letter);
    return lane.commit(entry);
  }

  /** Hands a run that was given up over to the instance of its trigger once more. Rejects while Temporal is away. */
  async replay(definition: Definition, replay: Replay): Promise<HandedOver> {
    const { name } = definition;
    if (!hasRoom(await this.pressureOf(instanceId(name)), replay.run)) {
      return { ok: false, code: 'saturated', detail: `Trigger ${name} has no room for the events of the run now.` };
    }
    const order = replayOrder(replay);
    const { root, ordinal } = order.replays;
    const answer = await giveOrder(this.client, definition, order, {
      deadline: this.now() + COMMIT_DEADLINE_MS,
      updateId: `${root}/${ordinal}/${replay.attempt}`,
    });
    return handedOver(name, order, answer);
  }

  private instance(definition: Definition): InstanceLane {
    const known = this.instances.get(definition.name);
    if (known) {
      if (definition.loadedAt > known.definition.loadedAt) known.definition = definition;
      return known;
    }
    const made: InstanceLane = {
      definition,
      sentLoadedAt: -Infinity,
      lane: this.instanceLane(definition.name, () => made),
    };
    this.instances.set(definition.name, made);
    return made;
  }

  private instanceLane(trigger: string, self: () => InstanceLane): Lane<Message> {
    const workflowId = instanceId(trigger);
    const { client, now, observer } = this;
    const credit = new Credit(() => this.pressureOf(workflowId), now);
    const onKept = (offers: number) => observer.kept(trigger, offers);
    const spill = new Spill({ trigger, client, credit, now, onKept });
    return new Lane<Message>({
      itemsMax: BATCH_OFFERS_MAX,
      bytesMax: BATCH_BYTES_MAX,
      bytesOf: (message) => utf8Bytes(JSON.stringify(contentOf(message))),
      isPatient: (message) => message.kind !== 'offer',
      now: this.now,
      onSent: ({ items, bytes, tookMs }) => this.observer.sent(trigger, items, bytes, tookMs),
      pauseEveryBytes: () => softGrowthBytes(self().lane.carriedBytes),
      admit: async (messages, blocked) => {
        const offers = messages.flatMap((message) => (message.kind === 'offer' ? [message.delivery] : []));
        if (offers.length === 0) return undefined;
        const refused = (await spill.isActive()) ? undefined : (blocked ?? (await credit.take(loadOf(offers))));
        const pressure = credit.pressure;
        if (pressure) self().lane.carriedBytes = pressure.pendingBytes + pressure.keyBytes + 24 * pressure.identities;
        if (!refused && !(await spill.isActive())) return undefined;
        const isKept = await spill.begin();
        // What goes to segments tells the instance nothing of a changed definition.
        if (isKept && self().sentLoadedAt !== self().definition.loadedAt) void this.nudge(self().definition);
        return (message) => {
          if (message.kind !== 'offer') return undefined;
          if (isKept) return spill.keep(message.delivery);
          return refused && Promise.resolve({ ok: false, refusal: refused });
        };
      },
      send: (messages, pause) => this.sendBatch(self(), messages, pause),
    });
  }

  private async sendBatch(instance: InstanceLane, messages: readonly Message[], pause: boolean): Promise<string> {
    const { definition } = instance;
    const approvals = messages.flatMap((message) => (message.kind === 'approval' ? [message.approval] : []));
    const segments = messages.flatMap((message) => (message.kind === 'segment' ? [message.segment] : []));
    const isNew = instance.sentLoadedAt !== definition.loadedAt;
    const batch: Batch = {
      version: 1,
      offers: messages.flatMap((message) => (message.kind === 'offer' ? [message.delivery] : [])),
      reports: messages.flatMap((message) => (message.kind === 'report' ? [message.report] : [])),
      ...(approvals.length > 0 && { approvals }),
      ...(segments.length > 0 && { segments }),
      ...(isNew && { definition }),
      ...(pause && { pause }),
    };
    const handle = await this.client.withDeadline(this.now() + COMMIT_DEADLINE_MS, () =>
      this.client.workflow.signalWithStart(WORKFLOW.trigger, {
        ...instanceStart(definition),
        signal: batchSignal,
        signalArgs: [batch],
      }),
    );
    instance.sentLoadedAt = definition.loadedAt;
    return handle.signaledRunId;
  }

  private async pressureOf(workflowId: string): Promise<InstancePressure> {
    try {
      return await this.client.withDeadline(this.now() + PRESSURE_DEADLINE_MS, () =>
        this.client.workflow.getHandle(workflowId).query(pressureQuery),
      );
    } catch (error) {
      if (isNotFound(error)) return NOTHING_HELD;
      throw error;
    }
  }

  private letterLane(workflowId: string, letter: DeadLetterInput): Lane<DeadLetterEntry> {
    const lane = new Lane<DeadLetterEntry>({
      itemsMax: BATCH_OFFERS_MAX,
      bytesMax: BATCH_BYTES_MAX,
      bytesOf: (entry) => utf8Bytes(JSON.stringify(entry)),
      isPatient: () => false,
      now: this.now,
      pauseEveryBytes: () => Infinity,
      onIdle: () => this.letters.delete(workflowId),
      admit: () => Promise.resolve(undefined),
      send: async (entries) => {
        const [first] = entries;
        const handle = await this.client.withDeadline(this.now() + COMMIT_DEADLINE_MS, () =>
          this.client.workflow.signalWithStart(WORKFLOW.deadLetter, {
            workflowId,
            taskQueue: TASK_QUEUE,
            args: [{ ...letter, entries: [] }],
            signal: entriesSignal,
            signalArgs: [{ version: 1, entries }],
            staticSummary: `${letter.code} at ${letter.place} of ${letter.trigger}`,
            memo: { trigger: instanceId(letter.trigger), code: letter.code, place: letter.place },
            typedSearchAttributes: [
              { key: SEARCH_ATTRIBUTE.trigger, value: letter.trigger },
              ...(letter.target === undefined ? [] : [{ key: SEARCH_ATTRIBUTE.target, value: letter.target }]),
              ...(letter.of !== 'run' || first?.key === undefined
                ? []
                : [{ key: SEARCH_ATTRIBUTE.key, value: first.key }]),
              { key: SEARCH_ATTRIBUTE.outcome, value: letter.code },
            ],
          }),
        );
        return handle.signaledRunId;
      },
    });
    this.letters.set(workflowId, lane);
    return lane;
  }
}

function contentOf(message: Message): Delivery | RunReport | ApprovalReport | Segment | null {
  switch (message.kind) {
    case 'offer':
      return message.delivery;
    case 'report':
      return message.report;
    case 'approval':
      return message.approval;
    case 'segment':
      return message.segment;
    case 'nudge':
      return null;
  }
}
