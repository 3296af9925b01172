import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Reply, serve } from './server.ts';

const messageSchema = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(z.looseObject({ type: z.string() }))
    .max(50)
    .optional(),
});

type Message = z.output<typeof messageSchema>;

const said = (status: number, body: string): Reply => ({ status, body, headers: { 'content-type': 'text/html' } });

export type SlackServer = Listening & { readonly messages: readonly Message[] };

/** An incoming webhook of Slack at `path`, written from its documentation: strict, in memory. Not Slack. */
export async function serveSlack(path: string): Promise<SlackServer> {
  const messages: Message[] = [];
  const listening = await serve(({ method, path: asked, headers, body }) => {
    if (`/${asked.join('/')}` !== path) return said(404, 'no_service');
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return said(400, 'invalid_payload');
    const message = messageSchema.safeParse(JSON.parse(body));
    if (!message.success) return said(400, 'invalid_blocks');
    messages.push(message.data);
    return said(200, 'ok');
  });
  return { ...listening, messages };
}
