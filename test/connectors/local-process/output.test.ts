import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { openOutput } from '../../../src/connectors/local-process/output.ts';
import { createRedactor } from '../../../src/connectors/secrets.ts';

/** A device of Linux on which every write fails as on a full disk. */
const FULL_DISK = '/dev/full';

it.skipIf(!existsSync(FULL_DISK))('a full disk costs the file, not the run, and is reported once', async () => {
  const problems: string[] = [];
  const output = openOutput(FULL_DISK, createRedactor([]), (detail) => problems.push(detail));
  output.add('stdout', Buffer.from('epoch 1\n{"auc":0.9}\n'));
  await output.close();
  expect(output.result()).toEqual({ auc: 0.9 });
  expect(problems).toEqual([expect.stringContaining('ENOSPC')]);
});
