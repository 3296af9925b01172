import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { readSettings, resolveSecret } from '../src/settings.ts';
import type { Settings } from '../src/settings.ts';

function settings(env: Record<string, string>): Settings {
  const read = readSettings(env);
  if (!read.ok) throw new Error(read.findings.map(({ message }) => message).join());
  return read.settings;
}

describe('settings', () => {
  test('have the documented defaults', () => {
    expect(settings({ XDG_CACHE_HOME: '/cache' })).toEqual({
      configDirectory: resolve('examples/quickstart'),
      host: '127.0.0.1',
      port: { number: 8080, asked: false },
      allowedHosts: [],
      stateDirectory: resolve('.signalbox'),
      cacheDirectory: '/cache/signalbox',
      temporal: {
        mode: 'embedded',
        port: { number: 7233, asked: false },
        uiPort: { number: 8233, asked: false },
        namespace: 'default',
      },
      logLevel: 'info',
      store: { kind: 'embedded', keepMs: 30 * 86_400_000 },
      environment: { XDG_CACHE_HOME: '/cache' },
    });
  });

  test('tell a port that was asked for from a default, even when it is the same number', () => {
    expect(settings({ SIGNALBOX_PORT: '8080' }).port).toEqual({ number: 8080, asked: true });
    expect(settings({ SIGNALBOX_PORT: '' }).port).toEqual({ number: 8080, asked: false });
  });

  test.each(['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'])('%s means a server elsewhere', (name) => {
    expect(settings({ [name]: 'x' }).temporal).toEqual({ mode: 'external' });
  });

  test('split the allowed hosts and read them without regard to case', () => {
    const { allowedHosts } = settings({ SIGNALBOX_ALLOWED_HOSTS: 'Signals.example.org, ,b.example.org:8080' });
    expect(allowedHosts).toEqual(['signals.example.org', 'b.example.org:8080']);
  });

  test('call the service where they are told, and know when nobody told', () => {
    expect(settings({ SIGNALBOX_PORT: '9000' }).apiUrl).toBeUndefined();
    expect(settings({ SIGNALBOX_API_URL: 'https://signals.example.org/' }).apiUrl).toBe('https://signals.example.org');
  });

  test.each(['0.0.0.0', '::', '10.0.0.5', 'example.org', '127.example.org'])('refuse %s without a token', (host) => {
    expect(readSettings({ SIGNALBOX_HOST: host })).toMatchObject({
      ok: false,
      findings: [{ variable: 'SIGNALBOX_TOKEN' }],
    });
    expect(settings({ SIGNALBOX_HOST: host, SIGNALBOX_TOKEN: 'secret' }).host).toBe(host);
  });

  test.each(['localhost', '127.0.0.1', '127.1.2.3', '::1'])('let %s go without a token', (host) => {
    expect(settings({ SIGNALBOX_HOST: host }).host).toBe(host);
  });

  test.each([
    ['SIGNALBOX_PORT', 'http'],
    ['SIGNALBOX_PORT', '65536'],
    ['SIGNALBOX_UI_PORT', '-1'],
    ['SIGNALBOX_TEMPORAL_PORT', '1e3'],
    ['SIGNALBOX_API_URL', 'localhost:8080'],
    ['SIGNALBOX_API_URL', 'ftp://x'],
    ['LOG_LEVEL', 'loud'],
    ['SIGNALBOX_TOKEN', 'two words'],
    ['DATABASE_URL', 'two words'],
    ['DATABASE_URL', 'mysql://two words'],
    ['SIGNALBOX_STORE', 'maybe'],
    ['SIGNALBOX_STORE_RETENTION', '0d'],
    ['SIGNALBOX_STORE_RETENTION', 'forever'],
  ])('refuse %s=%s with a remedy that names no value', (variable, value) => {
    const read = readSettings({ [variable]: value });
    expect(read).toMatchObject({ ok: false, findings: [{ variable, remedy: expect.stringMatching(/^Use /) }] });
    expect(JSON.stringify(read)).not.toContain('two words');
  });
});

describe('the store', () => {
  const url = 'postgres://me:secret@db/signalbox';

  test('is the database that was named, unless it is off', () => {
    expect(settings({ DATABASE_URL: url, SIGNALBOX_STORE_RETENTION: '12h' }).store).toEqual({
      kind: 'postgres',
      url,
      keepMs: 12 * 3_600_000,
    });
    expect(settings({ DATABASE_URL: url, SIGNALBOX_STORE: 'off' }).store).toMatchObject({ kind: 'off' });
  });
});

describe('a secret reference', () => {
  test('is resolved from the environment', () => {
    expect(resolveSecret('env:A', { A: 'one' })).toEqual({ ok: true, value: 'one' });
    expect(resolveSecret('env:A', { A: '' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('A is not set'),
    });
  });

  test('is resolved from a file, whose last line break is not part of it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'signalbox-secret-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'token');
    writeFileSync(path, ' two \n');
    expect(resolveSecret(`file:${path}`)).toEqual({ ok: true, value: ' two ' });
    expect(resolveSecret(`file:${path}.missing`)).toMatchObject({
      ok: false,
      message: expect.stringContaining('ENOENT'),
    });
  });

  test('that is the secret itself is refused without being shown', () => {
    const resolved = resolveSecret('hunter2');
    expect(resolved.ok).toBe(false);
    expect(JSON.stringify(resolved)).not.toContain('hunter2');
  });
});
