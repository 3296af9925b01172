import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/names.ts';
import { readSettings } from '../../src/settings.ts';
import { SERVER_SETTINGS } from '../../src/temporal/embedded/server-settings.ts';
import { RETENTION_MS } from '../../src/temporal/namespace.ts';

const SERVICE = z.object({
  image: z.string(),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
});
const COMPOSE = z.object({ services: z.record(z.string(), SERVICE) });
const { services } = COMPOSE.parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }));
const OURS = ['signalbox', 'worker'];

function service(name: string): z.infer<typeof SERVICE> {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

describe('docker-compose.yml', () => {
  test('gives the server the settings the embedded one has', () => {
    const entry = z.array(z.object({ value: z.union([z.number(), z.boolean()]) })).length(1);
    const file = z.record(z.string(), entry).parse(parse(readFileSync('deploy/temporal/dynamic-config.yaml', 'utf8')));
    const values = Object.fromEntries(Object.entries(file).map(([key, [only]]) => [key, only?.value]));
    expect(values).toMatchObject(SERVER_SETTINGS);
    expect(service('temporal').environment['DYNAMIC_CONFIG_FILE_PATH']).toMatch(/\/dynamic-config\.yaml$/);
  });

  test('keeps closed runs as long and knows the same search attributes', () => {
    expect(service('temporal').environment['DEFAULT_NAMESPACE_RETENTION']).toBe(`${RETENTION_MS / 3_600_000}h`);
    const [script = ''] = service('temporal-setup').command;
    expect(/for name in ([\w ]+);/.exec(script)?.[1]?.split(' ')).toEqual([...SEARCH_ATTRIBUTE_NAMES]);
  });

  test.each(OURS)('runs %s read-only, with a token it cannot start without', (name) => {
    expect(service(name).read_only).toBe(true);
    expect(service(name).environment['SIGNALBOX_TOKEN']).toMatch(/^\$\{SIGNALBOX_TOKEN:\?/);
  });

  test.each(OURS)('gives %s an environment the settings accept', (name) => {
    const read = readSettings({ ...service(name).environment, SIGNALBOX_TOKEN: 'secret' });
    expect(read).toMatchObject({ ok: true, settings: { temporal: { mode: 'external' } } });
  });

  test.each(Object.keys(services))('pins the image of %s and publishes only on loopback', (name) => {
    expect(service(name).image).toMatch(/:\d+\.\d+/);
    for (const port of service(name).ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('is what docker compose reads', (context) => {
    const run = (args: readonly string[]): string =>
      execFileSync('docker', ['compose', ...args], {
        encoding: 'utf8',
        env: { ...process.env, SIGNALBOX_TOKEN: 'secret' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    try {
      run(['version']);
    } catch {
      context.skip('docker compose is not installed');
    }
    expect(run(['config', '--services']).trim().split('\n').toSorted()).toEqual(Object.keys(services).toSorted());
  });
});

test('the image runs as another user than root and checks its health', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  expect(dockerfile.match(/^FROM (\S+)/gm)?.every((from) => from.endsWith('node:20-bookworm-slim'))).toBe(true);
});
