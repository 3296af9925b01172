import type { ReceivingSpec } from '../spec/source.ts';
import type { Source } from './source.ts';
import { cloudEventsSource } from './sources/cloudevents.ts';
import type { LoadedTarget, Target, TargetDeps } from './target.ts';
import { createCommandTarget } from './targets/command.ts';
import { createHttpTarget } from './targets/http.ts';
import { createAirflowTarget } from './targets/airflow.ts';
import { createMlflowTarget } from './targets/mlflow.ts';
import { createPrefectTarget } from './targets/prefect.ts';

/** Builds a source of its definition: the only list of source connectors, one line each, by `type`. */
export function createSource(spec: ReceivingSpec): Source {
  switch (spec.type) {
    case 'cloudevents':
      return cloudEventsSource;
  }
}

/** Builds a target of its definition: the only list of target connectors, one line each, by the member its spec has. */
export function createTarget(loaded: LoadedTarget, deps: TargetDeps): Target {
  const { spec } = loaded;
  if ('http' in spec) return createHttpTarget({ ...loaded, spec }, deps);
  if ('airflow' in spec) return createAirflowTarget({ ...loaded, spec }, deps);
  if ('mlflow' in spec) return createMlflowTarget({ ...loaded, spec }, deps);
  if ('prefect' in spec) return createPrefectTarget({ ...loaded, spec }, deps);
  return createCommandTarget({ ...loaded, spec }, deps);
}
