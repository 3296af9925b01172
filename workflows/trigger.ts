import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  patched,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import {
  batchSignal,
  carriedQuery,
  keyQuery,
  orderUpdate,
  pressureQuery,
  recoveryQuery,
  verdictsUpdate,
  viewQuery,
  whereQuery,
} from '../src/contract/definitions.ts';
import type { TriggerInput } from '../src/contract/messages.ts';
import { decideProbeUpdate, isProbeAsked, type ProbeAsked } from '../src/contract/probes.ts';
import { isVerdictsQuestion } from '../src/contract/read-messages.ts';
import { isOrderMessage } from '../src/contract/read-orders.ts';
import { carry } from '../src/core/carried.ts';
import type { Order } from '../src/core/input.ts';
import { keyView } from '../src/core/key-view.ts';
import { decideProbe } from '../src/core/probe.ts';
import { pressureOf } from '../src/core/state.ts';
import { instanceView } from '../src/core/view.ts';
import { whereabouts } from '../src/core/whereabouts.ts';
import { Instance } from './shell/instance.ts';
import { recover } from './shell/recover.ts';

/**
 * The instance of a trigger: long-lived, holds the windows, timers and dedup of all its keys, continues as new under a
 * flood. Handlers only remember what came; the loop decides.
 */
export async function trigger(input: TriggerInput): Promise<void> {
  // A task that a query met replays otherwise if it has a local activity: decision 0024. Older runs have them in history.
  const early = !patched('no-local-activities');
  const instance = new Instance(input, early);
  setHandler(batchSignal, (batch) => instance.receive(batch));
  setHandler(pressureQuery, () => ({ ...pressureOf(instance.state), spill: instance.drain.pressure() }));
  setHandler(keyQuery, (key) => keyView(key, instance.state.keys.get(key) ?? {}, instance.state));
  setHandler(carriedQuery, () => carry(instance.state));
  setHandler(recoveryQuery, () => instance.lastState());
  setHandler(whereQuery, ({ key, eventId }) => whereabouts(instance.state, key, eventId));
  setHandler(viewQuery, () => {
    const { historyLength: events, historySize: bytes } = workflowInfo();
    return {
      ...instanceView(instance.state),
      spill: instance.drain.pressure(),
      history: { events, bytes, signals: instance.signals, tasks: instance.tasks, refused: instance.refused },
    };
  });
  setHandler(
    verdictsUpdate,
    async ({ waits, waitMs }) => {
      instance.wake();
      // What came in the same task as the question is not decided yet, so its delivery is not known yet.
      const isOver = () => instance.closing || (!instance.hasWork() && instance.verdicts.ask(waits).complete);
      await condition(isOver, waitMs, { summary: 'a caller waits for verdicts' });
      return instance.verdicts.ask(waits).verdicts;
    },
    { validator: checkQuestion },
  );
  for (const kind of ['pause', 'resume', 'fire', 'replay', 'breaker'] as const) {
    setHandler(orderUpdate(kind), (message) => instance.order(message), {
      validator: (message) => checkOrder(message, kind),
    });
  }
  answerProbes(instance);
  setDefaultSignalHandler((name) => {
    instance.signals += 1;
    instance.refuse(`a signal named ${name.slice(0, 100)}`);
  });

  // Runs that began before there was recovery have no look at an earlier one in their history.
  if (!input.carried && (!early || patched('recovery'))) await recover(instance, early);
  instance.ready = true;
  while (!instance.mayContinue() || !allHandlersFinished()) {
    await condition(() => instance.hasWork() || (instance.mayContinue() && allHandlersFinished()));
    if (instance.hasWork()) instance.work();
  }
  const spill = instance.drain.carry();
  await continueAsNew<typeof trigger>({
    version: 1,
    definition: instance.state.definition,
    carried: carry(instance.state),
    ...(spill && { spill }),
  });
}

/** Decides probes, which changes nothing and needs no command. */
function answerProbes(instance: Instance): void {
  const decide = async ({ key }: ProbeAsked) => {
    instance.wake();
    await condition(() => instance.ready);
    return decideProbe(instance.state, key);
  };
  setHandler(decideProbeUpdate, decide, { validator: checkProbe });
}

/** An update that is refused here leaves no trace in history; an error in its handler would stop the instance. */
function checkQuestion(asked: unknown): void {
  if (!isVerdictsQuestion(asked))
    throw ApplicationFailure.nonRetryable('expected { waits, waitMs }', 'malformed_request');
}

/** The same for a probe. */
function checkProbe(asked: unknown): void {
  if (!isProbeAsked(asked)) throw ApplicationFailure.nonRetryable('expected { version, key }', 'malformed_request');
}

/** The same for what a person orders. */
function checkOrder(message: unknown, kind: Order['kind']): void {
  if (!isOrderMessage(message, kind))
    throw ApplicationFailure.nonRetryable(
      `expected { version, order: { kind: ${kind}, by }, definition }`,
      'malformed_request',
    );
}
