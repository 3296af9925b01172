import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { secretRef } from './target.ts';

/** Who may send: without `auth` a Source is guarded by SIGNALBOX_TOKEN like every other route. */
const auth = z.strictObject({
  bearer: secretRef.describe('Requests must carry this as Authorization: Bearer.'),
});

export const sourceFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Source').describe('Where events come in, at POST /sources/{name}.'),
    metadata: metadataSchema,
    spec: z
      .strictObject({
        type: z.literal('cloudevents').describe('What arrives: CloudEvents 1.0 over HTTP.'),
        auth: auth.optional().describe('Who may send; by default SIGNALBOX_TOKEN guards this Source.'),
      })
      .describe('How requests are verified and decoded.'),
  })
  .meta({ id: 'Source', title: 'Source' });

export type SourceFile = z.output<typeof sourceFile>;
export type SourceSpec = SourceFile['spec'];
