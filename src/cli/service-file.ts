import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the service of a state directory listens, for commands that nobody told. */
export type ServiceFile = {
  readonly pid: number;
  readonly url: string;
  readonly uiUrl?: string;
  /** The embedded server. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
};

const nameIn = (stateDirectory: string): string => join(stateDirectory, 'service.json');

/** Leaves word of a service that has started; throws where the directory cannot be written. */
export function writeServiceFile(stateDirectory: string, service: ServiceFile): void {
  mkdirSync(stateDirectory, { recursive: true });
  const draft = `${nameIn(stateDirectory)}.${service.pid}`;
  // Whole or not at all: a command may read at this moment.
  writeFileSync(draft, `${JSON.stringify(service, null, 2)}\n`);
  renameSync(draft, nameIn(stateDirectory));
}

/** Takes the word back, unless another service has left its own meanwhile. */
export function removeServiceFile(stateDirectory: string, pid: number): void {
  if (readServiceFile(stateDirectory)?.pid === pid) rmSync(nameIn(stateDirectory), { force: true });
}

/** What a service left, whether it still runs or not; undefined where there is nothing that can be read. */
export function readServiceFile(stateDirectory: string): ServiceFile | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(nameIn(stateDirectory), 'utf8'));
    return isServiceFile(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process that wrote it is there. Its number may belong to another process by now; then the URL tells. */
export function isAlive({ pid }: ServiceFile): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function isServiceFile(value: unknown): value is ServiceFile {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('url' in value)) return false;
  if (typeof value.pid !== 'number' || !Number.isSafeInteger(value.pid) || value.pid <= 0) return false;
  if (typeof value.url !== 'string' || !URL.canParse(value.url)) return false;
  if ('uiUrl' in value && typeof value.uiUrl !== 'string') return false;
  if (!('temporal' in value)) return true;
  const { temporal } = value;
  if (typeof temporal !== 'object' || temporal === null || !('address' in temporal)) return false;
  return typeof temporal.address === 'string' && 'namespace' in temporal && typeof temporal.namespace === 'string';
}
