import { proxyActivities } from '@temporalio/workflow';

const { call } = proxyActivities<{ call(url: string): Promise<void> }>({ startToCloseTimeout: '1m' });

/** The plainest workflow that calls a target. */
export async function raw(url: string): Promise<void> {
  await call(url);
}
