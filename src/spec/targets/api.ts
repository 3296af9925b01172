import { z } from 'zod';

import { positiveDurationMs } from '../units.ts';
import { secretRef } from './secret.ts';

/** Settings that targets behind an HTTP API have in common. */
export const apiUrl = z.string().min(1).max(2_048);

export const basic = z.strictObject({
  username: z.string().min(1).max(256).describe('Name.'),
  password: secretRef.describe('Password.'),
});

export const apiAuth = z
  .union([
    z.strictObject({ bearer: secretRef.describe('Sent as Authorization: Bearer.') }),
    z.strictObject({ basic: basic.describe('Sent as Authorization: Basic.') }),
  ])
  .describe('How requests are authenticated.');

export const apiTimeout = positiveDurationMs.prefault('30s').describe('For one request, answer included.');

export const watchEvery = positiveDurationMs.prefault('10s').describe('How long after one look the next is due.');

export type ApiAuth = z.output<typeof apiAuth>;
