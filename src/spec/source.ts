import { z } from 'zod';

import { secretRef } from './target.ts';
import { metadataSchema } from './trigger.ts';

/** Who may send: without `auth` a Source is guarded by SIGNALBOX_TOKEN like every other route. */
const auth = z.strictObject({ bearer: secretRef });

export const sourceFile = z.strictObject({
  apiVersion: z.literal('signalbox/v1'),
  kind: z.literal('Source'),
  metadata: metadataSchema,
  spec: z.strictObject({ type: z.literal('cloudevents'), auth: auth.optional() }),
});

export type SourceFile = z.output<typeof sourceFile>;
export type SourceSpec = SourceFile['spec'];
