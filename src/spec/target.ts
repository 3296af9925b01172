import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { argo, type ArgoTargetSpec } from './targets/argo.ts';
import { command, type CommandTargetSpec } from './targets/command.ts';
import { github, type GithubTargetSpec } from './targets/github.ts';
import { http, type HttpTargetSpec } from './targets/http.ts';
import { airflow, type AirflowTargetSpec } from './targets/airflow.ts';
import { dagster, type DagsterTargetSpec } from './targets/dagster.ts';
import { mlflow, type MlflowTargetSpec } from './targets/mlflow.ts';
import { kubernetesJob, type KubernetesJobTargetSpec } from './targets/kubernetes-job.ts';
import { pagerduty, type PagerdutyTargetSpec } from './targets/pagerduty.ts';
import { prefect, type PrefectTargetSpec } from './targets/prefect.ts';
import { sagemaker, type SagemakerTargetSpec } from './targets/sagemaker.ts';
import { slack, type SlackTargetSpec } from './targets/slack.ts';

const onUnknown = z
  .enum(['hold', 'retry'])
  .default('hold')
  .describe('When it stays unknown whether a start happened: hold for a person, or retry where the token is honoured.');

export const targetFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Target').describe('What a run calls.'),
    metadata: metadataSchema,
    spec: z
      .union([
        z.strictObject({ http: http.describe('Calls an HTTP endpoint; any 2xx means started.'), onUnknown }),
        z.strictObject({ command: command.describe('Runs a local program.'), onUnknown }),
        z.strictObject({ airflow: airflow.describe('Runs a DAG of Airflow.'), onUnknown }),
        z.strictObject({ dagster: dagster.describe('Runs a job of Dagster.'), onUnknown }),
        z.strictObject({ mlflow: mlflow.describe('Reads or changes a model in the registry of MLflow.'), onUnknown }),
        z.strictObject({ prefect: prefect.describe('Runs a Prefect deployment.'), onUnknown }),
        z.strictObject({ sagemaker: sagemaker.describe('Runs a SageMaker pipeline.'), onUnknown }),
        z.strictObject({ argo: argo.describe('Runs an Argo workflow template.'), onUnknown }),
        z.strictObject({ kubernetesJob: kubernetesJob.describe('Runs a Kubernetes Job.'), onUnknown }),
        z.strictObject({ github: github.describe('Dispatches a workflow of GitHub Actions.'), onUnknown }),
        z.strictObject({ slack: slack.describe('Posts a message to Slack.'), onUnknown }),
        z.strictObject({ pagerduty: pagerduty.describe('Sends an event to PagerDuty.'), onUnknown }),
      ])
      .describe('One connector and its settings.'),
  })
  .meta({ id: 'Target', title: 'Target' });

export type TargetFile = z.output<typeof targetFile>;
type Shared = Pick<TargetFile['spec'], 'onUnknown'>;
/** The `spec` of a Target: one member names the connector. */
export type TargetSpec = Shared &
  (
    | { readonly http: HttpTargetSpec }
    | { readonly command: CommandTargetSpec }
    | { readonly airflow: AirflowTargetSpec }
    | { readonly dagster: DagsterTargetSpec }
    | { readonly mlflow: MlflowTargetSpec }
    | { readonly prefect: PrefectTargetSpec }
    | { readonly sagemaker: SagemakerTargetSpec }
    | { readonly argo: ArgoTargetSpec }
    | { readonly kubernetesJob: KubernetesJobTargetSpec }
    | { readonly github: GithubTargetSpec }
    | { readonly slack: SlackTargetSpec }
    | { readonly pagerduty: PagerdutyTargetSpec }
  );
