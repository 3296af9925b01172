import type { ReceivingSpec } from '../spec/source.ts';
import type { Source } from './source.ts';
import { cloudEventsSource } from './sources/cloudevents.ts';
import type { LoadedTarget, Target, TargetDeps } from './target.ts';
import { createArgoTarget } from './targets/argo.ts';
import { createCommandTarget } from './targets/command.ts';
import { createGithubTarget } from './targets/github.ts';
import { createHttpTarget } from './targets/http.ts';
import { createAirflowTarget } from './targets/airflow.ts';
import { createDagsterTarget } from './targets/dagster.ts';
import { createMlflowTarget } from './targets/mlflow.ts';
import { createKubernetesJobTarget } from './targets/kubernetes-job.ts';
import { createPagerdutyTarget } from './targets/pagerduty.ts';
import { createPrefectTarget } from './targets/prefect.ts';
import { createSagemakerTarget } from './targets/sagemaker.ts';
import { createSlackTarget } from './targets/slack.ts';

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
  if ('dagster' in spec) return createDagsterTarget({ ...loaded, spec }, deps);
  if ('mlflow' in spec) return createMlflowTarget({ ...loaded, spec }, deps);
  if ('prefect' in spec) return createPrefectTarget({ ...loaded, spec }, deps);
  if ('sagemaker' in spec) return createSagemakerTarget({ ...loaded, spec }, deps);
  if ('argo' in spec) return createArgoTarget({ ...loaded, spec }, deps);
  if ('kubernetesJob' in spec) return createKubernetesJobTarget({ ...loaded, spec }, deps);
  if ('github' in spec) return createGithubTarget({ ...loaded, spec }, deps);
  if ('slack' in spec) return createSlackTarget({ ...loaded, spec }, deps);
  if ('pagerduty' in spec) return createPagerdutyTarget({ ...loaded, spec }, deps);
  return createCommandTarget({ ...loaded, spec }, deps);
}
