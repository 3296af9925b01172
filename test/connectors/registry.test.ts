import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSource, createTarget } from '../../src/connectors/registry.ts';
import type { TargetSpec } from '../../src/spec/target.ts';
import { targetFile } from '../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from './target-fixtures.ts';

let state = '';
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'signalbox-registry-'));
});
afterAll(() => rm(state, { recursive: true, force: true }));

const TOKEN = { secret: 'env:TOKEN' };
const KEYS = { accessKeyId: TOKEN, secretAccessKey: TOKEN };

/** A spec as it comes out of a definition file. */
function specOf(spec: unknown): TargetSpec {
  return targetFile.parse({ apiVersion: 'signalbox/v1', kind: 'Target', metadata: { name: 'train' }, spec }).spec;
}

describe('the list of sources', () => {
  it('builds cloudevents of its definition', () => {
    const source = createSource({ type: 'cloudevents' });
    const headers = new Map([['content-type', 'application/cloudevents+json']]);
    const body = Buffer.from('{"specversion":"1.0","id":"1","source":"/s","type":"t"}');
    expect(source.decode({ headers, body })).toMatchObject({ ok: true, events: [{ id: '1' }] });
  });
});

describe('the list of targets', () => {
  it.each([
    ['http', { http: { url: 'http://127.0.0.1:1/' } }, 'notStarted'],
    ['command', { command: { run: ['true'] } }, 'finished'],
    ['airflow', { airflow: { url: 'http://127.0.0.1:1', dag: 'retrain' } }, 'notStarted'],
    ['dagster', { dagster: { url: 'http://127.0.0.1:1', location: 'defs.py', job: 'retrain' } }, 'notStarted'],
    ['mlflow', { mlflow: { url: 'http://127.0.0.1:1', model: 'm', read: { alias: 'champion' } } }, 'notStarted'],
    ['prefect', { prefect: { url: 'http://127.0.0.1:1/api', deployment: 'a/b' } }, 'notStarted'],
    [
      'sagemaker',
      { sagemaker: { url: 'http://127.0.0.1:1', region: 'eu-west-1', pipeline: 'a', credentials: KEYS } },
      'notStarted',
    ],
    ['argo', { argo: { url: 'http://127.0.0.1:1', namespace: 'ml', template: 'a' } }, 'notStarted'],
    ['kubernetesJob', { kubernetesJob: { url: 'http://127.0.0.1:1', namespace: 'ml', manifest: {} } }, 'notStarted'],
    [
      'github',
      { github: { url: 'http://127.0.0.1:1', token: TOKEN, repository: 'a/b', workflow: 'c', ref: 'd' } },
      'notStarted',
    ],
    ['slack', { slack: { webhook: TOKEN } }, 'notStarted'],
    ['pagerduty', { pagerduty: { url: 'http://127.0.0.1:1', routingKey: TOKEN } }, 'notStarted'],
  ])('builds %s of its definition', async (_, spec, kind) => {
    const target = createTarget({ name: 'train', directory: state, spec: specOf(spec) }, depsOf(state));
    expect(await target.start(requestOf('sb1-1'), contextOf())).toMatchObject({ kind });
  });
});
