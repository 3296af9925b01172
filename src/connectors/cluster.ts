import { z } from 'zod';

import type { JsonObject } from '../spec/json.ts';
import type { ApiAuth } from '../spec/targets/api.ts';
import type { SecretRef } from '../spec/targets/secret.ts';
import type { ApiAnswer, Authorized } from './api.ts';
import { authorization, notCancelled, unseen, unusable } from './api.ts';
import { isNamed } from './named-values.ts';
import { refused, secretMissing } from './outgoing-answer.ts';
import type { CallContext, ResolveSecret, StartOutcome, StartRequest, Target, WatchOutcome } from './target.ts';
import { nameOfToken, tokenOf } from './token-name.ts';

const TOKEN_ANNOTATION = 'signalbox.dev/token';

/** What identifies an object of a cluster: its name is free again once it was deleted, its uid never comes back. */
const objectHandle = z.object({ name: z.string(), uid: z.string() });

type ObjectHandle = z.output<typeof objectHandle>;

export const objectMetadata = objectHandle.extend({ annotations: z.record(z.string(), z.string()).nullish() });

type ClusterObject = { readonly metadata: z.output<typeof objectMetadata> };

/** What objects of a cluster are to the target that makes one a start. */
type ObjectsOf<T extends ClusterObject> = {
  /** The target's name, for texts. */
  readonly target: string;
  /** What people call such an object. */
  readonly noun: string;
  /** Makes the object of a start under the name of its token, with `metadataOf`. */
  create(request: StartRequest, context: CallContext): Promise<ApiAnswer<T>>;
  /** Asks for the object that has a name now. */
  look(name: string, context: CallContext): Promise<ApiAnswer<T>>;
  /** Asks the cluster to end an object, and keeps the object. */
  stop(object: ObjectHandle, context: CallContext): Promise<ApiAnswer<unknown>>;
  /** `handle` identifies it. */
  started(handle: ObjectHandle): StartOutcome;
  endOf(object: T): WatchOutcome;
};

/**
 * Starts, watches and cancels objects whose name is the token, so that a second start is answered 409 and what has the
 * name is looked at: for as long as the object is there.
 */
export function objectTarget<T extends ClusterObject>(objects: ObjectsOf<T>): Target {
  const { target, noun } = objects;
  const started = ({ metadata: { name, uid } }: T) => objects.started({ name, uid });
  return {
    repeatable: true,
    start: async (request, context) => {
      const made = await objects.create(request, context);
      if (made.ok) return started(made.body);
      if (made.status !== 409) return made.start;
      const there = await objects.look(nameOfToken(request), context);
      // Gone between the two questions: the next attempt has the name.
      if (!there.ok) return { kind: 'unknown', detail: there.detail };
      if (isOfCall(there.body, request)) return started(there.body);
      return refused(`Target ${target}: another ${noun} has the name ${there.body.metadata.name}.`);
    },
    watch: async (handle, _request, context) => {
      const known = objectHandle.safeParse(handle);
      if (!known.success) return { kind: 'gone', detail: `What identifies the ${noun} is lost.` };
      const seen = await objects.look(known.data.name, context);
      if (!seen.ok) return unseen(seen);
      return seen.body.metadata.uid === known.data.uid
        ? objects.endOf(seen.body)
        : { kind: 'gone', detail: `Another ${noun} has the name ${known.data.name} by now.` };
    },
    cancel: async (handle, _request, context) => {
      const known = objectHandle.safeParse(handle);
      if (!known.success) return { kind: 'failed', detail: `What identifies the ${noun} is lost.` };
      const seen = await objects.look(known.data.name, context);
      if (!seen.ok) return notCancelled(seen);
      if (seen.body.metadata.uid !== known.data.uid) return { kind: 'over', detail: `The ${noun} was deleted.` };
      const end = objects.endOf(seen.body);
      if (end.kind !== 'running') return { kind: 'over', detail: `It has ended: ${end.detail ?? 'succeeded'}` };
      const asked = await objects.stop(known.data, context);
      return asked.ok ? { kind: 'cancelled' } : notCancelled(asked);
    },
  };
}

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
function isOfCall({ metadata }: ClusterObject, request: StartRequest): boolean {
  return metadata.annotations?.[TOKEN_ANNOTATION] === tokenOf(request);
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
