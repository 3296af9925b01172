import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

const aliasSchema = z.strictObject({ name: z.string(), alias: z.string().regex(/^[\w-]+$/), version: z.string() });
const tagSchema = z.strictObject({ name: z.string(), version: z.string(), key: z.string(), value: z.string() });
const tagKeySchema = tagSchema.omit({ value: true });

type Version = { readonly tags: Map<string, string>; status: string };

const absent = (message: string): Reply => ({
  status: 404,
  body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message },
});
const invalid = (message: string): Reply => ({
  status: 400,
  body: { error_code: 'INVALID_PARAMETER_VALUE', message },
});
const done: Reply = { status: 200, body: {} };

export type MlflowServer = Listening & {
  /** Every alias that was set, in order. */
  readonly aliasesSet: readonly { readonly alias: string; readonly version: string }[];
  pointed(alias: string): string | undefined;
  setStatus(version: string, status: string): void;
};

/** The part of the MLflow 3 registry that targets use, written from its API types: strict, in memory, one model `fraud` with versions 1 to 3. Not MLflow. */
export async function serveMlflow(token: string): Promise<MlflowServer> {
  const aliases = new Map<string, string>();
  const aliasesSet: { alias: string; version: string }[] = [];
  const versions = new Map(['1', '2', '3'].map((it): [string, Version] => [it, { tags: new Map(), status: 'READY' }]));

  const setAlias = (body: unknown): Reply => {
    const asked = aliasSchema.safeParse(body);
    if (!asked.success) return invalid(asked.error.message);
    const { alias, version } = asked.data;
    if (!versions.has(version)) return absent(`Model Version (name=fraud, version=${version}) not found`);
    aliases.set(alias, version);
    aliasesSet.push({ alias, version });
    return done;
  };
  const setTag = (body: unknown): Reply => {
    const asked = tagSchema.safeParse(body);
    if (!asked.success) return invalid(asked.error.message);
    const version = versions.get(asked.data.version);
    version?.tags.set(asked.data.key, asked.data.value);
    return version ? done : absent(`Model Version (name=fraud, version=${asked.data.version}) not found`);
  };
  const deleteTag = (body: unknown): Reply => {
    const asked = tagKeySchema.safeParse(body);
    if (!asked.success) return invalid(asked.error.message);
    const deleted = versions.get(asked.data.version)?.tags.delete(asked.data.key);
    return deleted ? done : absent('No model version tag found');
  };
  const show = (number: string): Reply => {
    const version = versions.get(number);
    if (!version) return absent(`Model Version (name=fraud, version=${number}) not found`);
    const tags = [...version.tags].map(([key, value]) => ({ key, value }));
    // MLflow leaves out what is empty.
    const shown = { name: 'fraud', version: number, status: version.status, ...(tags.length > 0 && { tags }) };
    return { status: 200, body: { model_version: shown } };
  };
  const answer = ({ method, path, query, headers, body }: Asked): Reply => {
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, body: 'You are not authenticated.' };
    const json: unknown = body === '' ? undefined : JSON.parse(body);
    const named = z.object({ name: z.string() }).safeParse(json ?? Object.fromEntries(query));
    if (named.data?.name !== 'fraud') return absent(`Registered Model with name=${named.data?.name} not found`);
    switch (`${method} /${path.join('/')}`) {
      case 'GET /api/2.0/mlflow/registered-models/get': {
        const all = [...aliases].map(([alias, version]) => ({ alias, version }));
        return { status: 200, body: { registered_model: { name: 'fraud', ...(all.length > 0 && { aliases: all }) } } };
      }
      case 'GET /api/2.0/mlflow/model-versions/get':
        return show(query.get('version') ?? '');
      case 'POST /api/2.0/mlflow/registered-models/alias':
        return setAlias(json);
      case 'POST /api/2.0/mlflow/model-versions/set-tag':
        return setTag(json);
      case 'DELETE /api/2.0/mlflow/model-versions/delete-tag':
        return deleteTag(json);
      default:
        return { status: 404, body: 'Not found' };
    }
  };
  const listening = await serve(answer);
  return {
    ...listening,
    aliasesSet,
    pointed: (alias) => aliases.get(alias),
    setStatus: (number, status) => {
      const version = versions.get(number);
      if (version) version.status = status;
    },
  };
}
