import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { serve } from './server.ts';

/** Body of `POST /v2/enqueue`, from PagerDuty's OpenAPI types. */
const eventSchema = z
  .strictObject({
    routing_key: z.string().length(32),
    event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
    dedup_key: z.string().max(255).optional(),
    client: z.string().optional(),
    payload: z
      .strictObject({
        summary: z.string().min(1).max(1_024),
        severity: z.enum(['critical', 'error', 'warning', 'info']),
        source: z.string().min(1),
        timestamp: z.iso.datetime().optional(),
        component: z.string().optional(),
        group: z.string().optional(),
        class: z.string().optional(),
        custom_details: z.record(z.string(), z.json()).optional(),
      })
      .optional(),
  })
  .refine(({ event_action: action, dedup_key: key }) => action === 'trigger' || key !== undefined)
  .refine(({ event_action: action, payload }) => action !== 'trigger' || payload !== undefined);

type Event = z.output<typeof eventSchema>;
type Alert = { status: 'triggered' | 'acknowledged' | 'resolved'; events: Event[] };

export type PagerdutyServer = Listening & {
  /** Alerts by dedup key, in the order they were opened; a key that was resolved may open another. */
  alertsOf(key: string): readonly Alert[];
};

/** The Events API v2 of PagerDuty, written from its OpenAPI types: strict, in memory. Not PagerDuty. */
export async function servePagerduty(routingKey: string): Promise<PagerdutyServer> {
  const alerts: (Alert & { key: string })[] = [];
  const listening = await serve(({ method, path, body }) => {
    if (method !== 'POST' || path.join('/') !== 'v2/enqueue') return { status: 404, body: 'Not Found' };
    const asked = eventSchema.safeParse(JSON.parse(body));
    if (!asked.success || asked.data.routing_key !== routingKey) {
      return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors: [] } };
    }
    const { event_action: action, dedup_key: key = String(alerts.length) } = asked.data;
    let open = alerts.find((alert) => alert.key === key && alert.status !== 'resolved');
    if (!open && action === 'trigger') {
      open = { key, status: 'triggered', events: [] };
      alerts.push(open);
    }
    open?.events.push(asked.data);
    if (open && action !== 'trigger') open.status = action === 'resolve' ? 'resolved' : 'acknowledged';
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: key } };
  });
  return { ...listening, alertsOf: (key) => alerts.filter((alert) => alert.key === key) };
}
