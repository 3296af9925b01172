import { z } from 'zod';

import type { JsonObject } from '../spec/json.ts';
import type { ApiAuth } from '../spec/targets/api.ts';
import type { SecretRef } from '../spec/targets/secret.ts';
import type { Authorized } from './api.ts';
import { authorization, unusable } from './api.ts';
import { isNamed } from './named-values.ts';
import { secretMissing } from './outgoing-answer.ts';
import type { ResolveSecret, StartRequest } from './target.ts';
import { nameOfToken, tokenOf } from './token-name.ts';

const TOKEN_ANNOTATION = 'signalbox.dev/token';

/** What identifies an object of a cluster: its name is free again once it was deleted, its uid never comes back. */
export const objectHandle = z.object({ name: z.string(), uid: z.string() });

export const objectMetadata = z.object({
  name: z.string(),
  uid: z.string(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** Name, label and annotations of what a start creates; annotations say for whom it is, and by which token. */
export function metadataOf(request: StartRequest, given: JsonObject = {}): JsonObject {
  const { labels, annotations } = given;
  return {
    name: nameOfToken(request),
    labels: { ...(isNamed(labels) && labels), 'app.kubernetes.io/managed-by': 'signalbox' },
    annotations: {
      ...(isNamed(annotations) && annotations),
      [TOKEN_ANNOTATION]: tokenOf(request),
      'signalbox.dev/run': request.runId,
      'signalbox.dev/trigger': request.trigger,
      'signalbox.dev/key': request.key,
    },
  };
}

/** Whether an object is what this call created, and not something else under its name. */
export function isOfCall({ annotations }: z.output<typeof objectMetadata>, request: StartRequest): boolean {
  return annotations?.[TOKEN_ANNOTATION] === tokenOf(request);
}

/** Credentials, and the authority of the cluster. */
export function clusterAuthorization(
  name: string,
  { auth, ca }: { readonly auth?: ApiAuth | undefined; readonly ca?: SecretRef | undefined },
  resolveSecret: ResolveSecret,
): Authorized {
  const authorized = authorization(name, auth, resolveSecret);
  if (!authorized.ok || ca === undefined) return authorized;
  const certificates = resolveSecret(ca.secret);
  if (!certificates.ok) return unusable(secretMissing(`Target ${name}: ${certificates.detail}`));
  return { ...authorized, ca: certificates.value };
}
