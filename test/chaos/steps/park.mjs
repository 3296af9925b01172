// Loaded into a worker before it starts. Says of every step it does for a trigger that it does it. From the step on that
// the plan names for a trigger it is dead for that trigger: nothing goes on, nothing is answered. So one SIGKILL ends
// many runs, each exactly where it should.
// SIGNALBOX_STEPS_PLAN is a file, JSON: step by trigger. SIGNALBOX_STEPS_TRACE gets a line a step.
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

import { Worker } from '@temporalio/worker';

const { coresdk } = createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'))('@temporalio/proto');

function observe(plan, write) {
  const counts = new Map();
  const dead = new Set();
  /** Resolves at once, or never. */
  const step = (trigger, name) => {
    if (trigger === undefined) return undefined;
    if (dead.has(trigger)) return new Promise(() => undefined);
    const count = (counts.get(`${trigger} ${name}`) ?? 0) + 1;
    counts.set(`${trigger} ${name}`, count);
    const full = `${name} ${count}`;
    const parked = plan[trigger] === full;
    if (parked) dead.add(trigger);
    write({ at: Date.now(), trigger, step: full, parked });
    return parked ? new Promise(() => undefined) : undefined;
  };
  const known = new Executions();
  const create = Reflect.get(Worker, 'create');
  Worker.create = async function (options) {
    const activity = [(context) => ({ inbound: { execute: around(context, known, step) } })];
    const worker = await create.call(this, { ...options, interceptors: { ...options.interceptors, activity } });
    watchTasks(worker.nativeWorker, known, step);
    return worker;
  };
}

/** Which trigger an execution belongs to, and what it is. */
class Executions {
  byExecution = new Map();
  byWorkflow = new Map();

  begin(execution, { workflowId, workflowType, arguments: given }) {
    const trigger = this.triggerOf(workflowId, workflowType, given);
    this.byExecution.set(execution, { trigger, type: workflowType });
    this.byWorkflow.set(workflowId, trigger);
  }

  triggerOf(workflowId, type, given) {
    const rest = workflowId.slice(workflowId.indexOf('/') + 1);
    if (type === 'run' || type === 'branch') return JSON.parse(Buffer.from(given[0].data).toString('utf8')).trigger;
    if (type === 'deadLetter') return this.byWorkflow.get(rest);
    return workflowId.startsWith('pool/') ? undefined : rest;
  }

  of(execution) {
    return this.byExecution.get(execution) ?? {};
  }
}

/** Steps of an activity: it begins; it has its answer, and has not given it. */
function around({ info }, known, step) {
  return async (input, next) => {
    const { trigger, type } = known.of(info.workflowExecution.runId);
    const [given] = input.args;
    const name = `${type}: ${[info.activityType, given?.step?.name ?? given?.name].filter(Boolean).join(' ')}`;
    await step(trigger, `${name} begins`);
    const answer = await next(input);
    await step(trigger, `${name} answered`);
    return answer;
  };
}

const decodeCompletion = (bytes) =>
  coresdk.workflow_completion.WorkflowActivationCompletion.decodeDelimited(new Uint8Array(bytes));

const isEnd = (command) =>
  command.completeWorkflowExecution || command.failWorkflowExecution || command.cancelWorkflowExecution;

/** Steps of a workflow: it has decided something; Temporal has what it decided. Of a run also that it is over. */
function watchTasks(native, known, step) {
  const silent = new Set();
  const { pollWorkflowActivation, completeWorkflowActivation } = native;
  native.pollWorkflowActivation = async () => {
    const bytes = await pollWorkflowActivation();
    const { runId, jobs } = coresdk.workflow_activation.WorkflowActivation.decode(new Uint8Array(bytes));
    for (const { initializeWorkflow } of jobs) if (initializeWorkflow) known.begin(runId, initializeWorkflow);
    if (jobs.every((job) => job.removeFromCache || job.queryWorkflow)) silent.add(runId);
    return bytes;
  };
  native.completeWorkflowActivation = async (bytes) => {
    const { runId, successful } = decodeCompletion(bytes);
    const { trigger, type } = silent.delete(runId) ? {} : known.of(runId);
    await step(trigger, `${type}: has decided`);
    await completeWorkflowActivation(bytes);
    await step(trigger, `${type}: is told`);
    if (type === 'run' && successful?.commands.some(isEnd)) await step(trigger, 'over');
  };
}

if (isMainThread) {
  const { SIGNALBOX_STEPS_PLAN, SIGNALBOX_STEPS_TRACE } = process.env;
  observe(JSON.parse(readFileSync(SIGNALBOX_STEPS_PLAN, 'utf8')), (line) =>
    appendFileSync(SIGNALBOX_STEPS_TRACE, `${JSON.stringify(line)}\n`),
  );
}
