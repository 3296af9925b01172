import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { openCallbacks } from '../src/callbacks.ts';

async function state(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-callbacks-'));
  onTestFinished(async () => rm(directory, { recursive: true }));
  return directory;
}

test('a token is good for its run, in every process that shares the secret, and for no other', async () => {
  const stateDirectory = await state();
  const [one, other] = [openCallbacks({ stateDirectory }), openCallbacks({ stateDirectory })];
  one.servedAt('http://127.0.0.1:8080');
  const callback = one.of('sb1-a');
  expect(callback?.url).toBe('http://127.0.0.1:8080/v1/runs/sb1-a/finish');
  const token = callback?.token ?? '';
  expect(other.accepts('sb1-a', token)).toBe(true);
  expect(other.accepts('sb1-b', token)).toBe(false);
  expect(other.accepts('sb1-a', `${token}x`)).toBe(false);
  expect(other.accepts('sb1-a', '')).toBe(false);
});

test('the kept secret is readable by its owner only, and stands in no token', async () => {
  const stateDirectory = await state();
  const callbacks = openCallbacks({ stateDirectory, apiUrl: 'https://box.example' });
  const path = join(stateDirectory, 'callback-secret');
  const token = callbacks.of('sb1-a')?.token;
  expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  expect(token).not.toContain((await readFile(path, 'utf8')).slice(0, 16));
});

test('a secret of the environment makes the same tokens anywhere, another one others', async () => {
  const callbackSecret = 'a'.repeat(32);
  const [one, other] = [await state(), await state()].map((stateDirectory) =>
    openCallbacks({ stateDirectory, callbackSecret }),
  );
  const apiUrl = 'https://box.example';
  const token = openCallbacks({ stateDirectory: await state(), callbackSecret, apiUrl }).of('r')?.token ?? '';
  expect([one?.accepts('r', token), other?.accepts('r', token)]).toEqual([true, true]);
  const foreign = openCallbacks({ stateDirectory: await state(), callbackSecret: 'b'.repeat(32) });
  expect(foreign.accepts('r', token)).toBe(false);
});

test('without an address there is no callback, and an address that was set stands', async () => {
  const stateDirectory = await state();
  expect(openCallbacks({ stateDirectory }).of('r')).toBeUndefined();
  const callbacks = openCallbacks({ stateDirectory, apiUrl: 'https://box.example' });
  callbacks.servedAt('http://127.0.0.1:1');
  expect(callbacks.of('r')?.url).toBe('https://box.example/v1/runs/r/finish');
});
