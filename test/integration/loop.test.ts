import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { expect, test } from 'vitest';

import { installPython } from './servers/python.ts';

test('the loop of examples/loop runs from the first file to the rollback, against a real registry', async ({
  skip,
}) => {
  const installed = await installPython('mlflow-3.17.2', ['mlflow==3.17.2']);
  if (!installed.ok) return skip(installed.reason);
  const loop = spawn(process.execPath, ['examples/loop/run.mjs'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, complained, [code]] = await Promise.all([text(loop.stdout), text(loop.stderr), once(loop, 'exit')]);
  expect({ code, complained }).toEqual({ code: 0, complained: '' });
  expect(said).toMatch(/deployed version 2: staged, tried, promoted, verified/);
  expect(said).toMatch(/rolled version 2 back to 1, \d+ ms after the alert/);
  expect(said).toMatch(/version 2 was deployed once and is not again/);
  return undefined;
}, 900_000);
