import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { callService, findService, problemText, violationsOf } from '../../src/cli/api.ts';
import { serviceChecks } from '../../src/cli/doctor-service.ts';
import { readServiceFile, removeServiceFile, writeServiceFile } from '../../src/cli/service-file.ts';
import { readSettings, type Settings } from '../../src/settings.ts';
import { startService } from '../http/service.ts';

/** Larger than any process number of Linux. */
const NO_PROCESS = 2 ** 30;
const URL_LEFT = 'http://127.0.0.1:4321';
let stateDirectory: string;

beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'signalbox-service-'));
});
afterEach(() => rmSync(stateDirectory, { recursive: true, force: true }));

function settingsOf(env: Record<string, string> = {}): Settings {
  const read = readSettings({ SIGNALBOX_STATE: stateDirectory, ...env });
  if (!read.ok) throw new Error('the settings of this test are wrong');
  return read.settings;
}

async function serverThat(
  answers: (path: string) => { status: number; headers?: Record<string, string>; body: string },
) {
  const server = createServer((request, response) => {
    const { status, headers, body } = answers(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

/** An address where nothing listens: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return address !== null && typeof address === 'object' ? address.port : 0;
}

describe('where commands look for the service', () => {
  test('is SIGNALBOX_API_URL before anything else', () => {
    writeServiceFile(stateDirectory, { pid: process.pid, url: URL_LEFT });
    const service = findService(settingsOf({ SIGNALBOX_API_URL: 'https://a.example', SIGNALBOX_TOKEN: 's3' }));
    expect(service).toEqual({ url: 'https://a.example', from: 'environment', token: 's3' });
  });

  test('is what a running service left in the state directory', () => {
    writeServiceFile(stateDirectory, { pid: process.pid, url: URL_LEFT, uiUrl: 'http://127.0.0.1:8233' });
    expect(findService(settingsOf())).toEqual({ url: URL_LEFT, from: 'file', uiUrl: 'http://127.0.0.1:8233' });
  });

  test('is the default where the one that left word is gone', () => {
    writeServiceFile(stateDirectory, { pid: NO_PROCESS, url: URL_LEFT });
    expect(findService(settingsOf())).toEqual({ url: 'http://127.0.0.1:8080', from: 'default' });
    expect(findService(settingsOf({ SIGNALBOX_PORT: '9000' })).url).toBe('http://127.0.0.1:9000');
    expect(findService(settingsOf({ SIGNALBOX_PORT: '0' })).url).toBe('http://127.0.0.1:8080');
  });

  test.each(['', '{', '[]', '{"pid":1}', '{"pid":-1,"url":"http://a"}', '{"pid":1,"url":"no"}'])(
    'is the default where the file says %j',
    (text) => {
      writeFileSync(join(stateDirectory, 'service.json'), text);
      expect(findService(settingsOf()).from).toBe('default');
    },
  );

  test('is forgotten by the service that left it, and by no other', () => {
    writeServiceFile(stateDirectory, { pid: process.pid, url: URL_LEFT });
    removeServiceFile(stateDirectory, NO_PROCESS);
    expect(readServiceFile(stateDirectory)?.url).toBe(URL_LEFT);
    removeServiceFile(stateDirectory, process.pid);
    expect(readdirSync(stateDirectory)).toEqual([]);
  });
});

describe('a call of the service', () => {
  test('brings a refusal back with its detail and places', async () => {
    const { url } = await startService();
    const reply = await callService({ url, from: 'environment' }, '/events', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: '{}',
    });
    if (!reply.ok) throw new Error(reply.message);
    expect(reply.status).toBe(400);
    expect(problemText(reply.body)).toMatch(/^malformed_event: .+/);
    expect(violationsOf(reply.body)).toContainEqual({ pointer: '/id', message: expect.any(String) });
  });

  test('says who does not answer and what to do, by how the address was found', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const asked = await callService({ url, from: 'environment' }, '/readyz');
    expect(asked).toMatchObject({
      ok: false,
      message: expect.stringContaining(url),
      remedy: expect.stringContaining('SIGNALBOX_API_URL'),
    });
    expect(await callService({ url, from: 'default' }, '/readyz')).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('npm start'),
    });
  });

  test('says that the token is missing or wrong', async () => {
    const { url } = await startService({ token: 'right' });
    const from = 'environment';
    const remedy = expect.stringContaining('SIGNALBOX_TOKEN');
    expect(await callService({ url, from }, '/v1/triggers')).toMatchObject({ ok: false, remedy });
    expect(await callService({ url, from, token: 'wrong' }, '/v1/triggers')).toMatchObject({ ok: false, remedy });
    expect(await callService({ url, from, token: 'right' }, '/v1/triggers')).toMatchObject({ ok: true, status: 200 });
  });

  test('says that something else listens there', async () => {
    const url = await serverThat(() => ({ status: 200, body: '<html>' }));
    const reply = await callService({ url, from: 'default' }, '/v1/triggers');
    expect(reply).toMatchObject({ ok: false, message: expect.stringContaining('not Signalbox') });
  });

  test('is not sent on to another address', async () => {
    const elsewhere = await serverThat(() => ({ status: 200, body: '{}' }));
    const url = await serverThat(() => ({ status: 302, headers: { location: elsewhere }, body: '' }));
    expect(await callService({ url, from: 'default' }, '/v1/triggers')).toMatchObject({ ok: false });
  });
});

describe('what doctor says of the service', () => {
  const checksOf = async (body: object, status = 200, headers: Record<string, string> = {}) => {
    const url = await serverThat(() => ({ status, headers, body: JSON.stringify(body) }));
    return serviceChecks(settingsOf({ SIGNALBOX_API_URL: url }), Date.now);
  };

  test('is fine where it is ready, and a warning where a change was refused', async () => {
    const checks = { temporal: { ok: true, detail: 'yes' }, definitions: { ok: false, detail: 'a.yaml is bad' } };
    expect(await checksOf({ ready: true, checks: {} })).toMatchObject([{ level: 'ok' }]);
    const detail = expect.stringContaining('a.yaml is bad');
    expect(await checksOf({ ready: true, checks })).toMatchObject([{ level: 'warn', detail }]);
  });

  test('is a failure with the reason where it is not ready', async () => {
    const checks = { temporal: { ok: false, detail: 'it does not answer' } };
    const detail = expect.stringContaining('it does not answer');
    expect(await checksOf({ ready: false, checks }, 503)).toMatchObject([{ level: 'fail', detail }]);
  });

  test('warns of a clock that is another one', async () => {
    const date = new Date(Date.now() - 60_000).toUTCString();
    const checks = await checksOf({ ready: true, checks: {} }, 200, { date });
    expect(checks).toMatchObject([{ level: 'ok' }, { name: 'clock', level: 'warn' }]);
  });

  test('is a warning before a first start, and a failure where one was killed', async () => {
    const nobody = { SIGNALBOX_PORT: String(await closedPort()) };
    expect(await serviceChecks(settingsOf(nobody), Date.now)).toMatchObject([{ level: 'warn' }]);
    writeServiceFile(stateDirectory, { pid: NO_PROCESS, url: URL_LEFT });
    expect(await serviceChecks(settingsOf(nobody), Date.now)).toMatchObject([{ level: 'fail' }]);
  });
});
