import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiTimeout, apiUrl } from './api.ts';
import { secretRef } from './secret.ts';

const text = z.string().min(1).max(1_024);

export const pagerduty = z
  .strictObject({
    url: apiUrl.default('https://events.pagerduty.com').describe('In Europe https://events.eu.pagerduty.com.'),
    routingKey: secretRef.describe('Integration key of an Events API v2 integration.'),
    action: z.enum(['trigger', 'acknowledge', 'resolve']).default('trigger').describe('What becomes of the alert.'),
    dedupKey: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('What makes an alert the same alert, may hold ${{ }}; by default the token of the call.'),
    summary: text
      .optional()
      .describe('Title, may hold ${{ }}; by default the summary of params, else a line about the run.'),
    severity: z.enum(['critical', 'error', 'warning', 'info']).default('error').describe('How bad it is.'),
    source: text.default('signalbox').describe('The affected system; may hold ${{ }}.'),
    component: text.optional().describe('The part of it; may hold ${{ }}.'),
    group: text.optional().describe('What it belongs to; may hold ${{ }}.'),
    class: text.optional().describe('The kind of event; may hold ${{ }}.'),
    details: json.optional().describe('Template of the details; by default the run and its params.'),
    timeout: apiTimeout,
  })
  .refine(({ action, dedupKey }) => action === 'trigger' || dedupKey !== undefined, {
    path: ['dedupKey'],
    message: 'is required to acknowledge or resolve: the dedupKey of the alert that was triggered',
  });

export type PagerdutyTargetSpec = Omit<z.output<typeof pagerduty>, 'details'> & { readonly details?: Json | undefined };
