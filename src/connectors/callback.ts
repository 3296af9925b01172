import type { TargetSpec } from '../spec/target.ts';

/** Whether what it starts may go on after that, and be ended by a callback. */
export function takesCallback(spec: TargetSpec): boolean {
  return 'http' in spec && spec.http.watch !== undefined;
}

/** Whether only a callback tells how what it started ended: there is nothing to look at. */
export function needsCallback(spec: TargetSpec): boolean {
  return 'http' in spec && spec.http.watch !== undefined && spec.http.watch.url === undefined;
}
