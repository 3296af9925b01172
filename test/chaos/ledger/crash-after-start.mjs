// Loaded into a worker before it starts: dies as a run of one trigger has just been started, before anything of that is
// reported. What SIGNALBOX_CRASH_TRIGGER names is the trigger.
import { isMainThread } from 'node:worker_threads';

import { WorkflowClient } from '@temporalio/client';

if (isMainThread) {
  const start = Reflect.get(WorkflowClient.prototype, 'start');
  WorkflowClient.prototype.start = async function (type, options) {
    const handle = await start.call(this, type, options);
    if (options.args?.[0]?.trigger === process.env.SIGNALBOX_CRASH_TRIGGER) process.kill(process.pid, 'SIGKILL');
    return handle;
  };
}
