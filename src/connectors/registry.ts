import type { LoadedTarget, Target, TargetDeps } from './target.ts';
import { createCommandTarget } from './targets/command.ts';
import { createHttpTarget } from './targets/http.ts';

/** Builds a target of its definition: the only list of connectors, one line each, by the member its spec has. */
export function createTarget(loaded: LoadedTarget, deps: TargetDeps): Target {
  const { spec } = loaded;
  if ('http' in spec) return createHttpTarget({ ...loaded, spec }, deps);
  return createCommandTarget({ ...loaded, spec }, deps);
}
