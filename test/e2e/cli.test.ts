import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';

const DEFINITIONS = `
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { command: { run: [node, -e, "console.log(JSON.stringify({ trained: true }))"], timeout: 1m }, onUnknown: retry }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: retrain }
spec:
  events: { pattern: { type: [file.new] } }
  key: "\${{ event.data.model }}"
  dedupe: { window: 1h }
  debounce: { quiet: 300ms }
  run: { kind: train, target: train }
`;

let home: string;
let dev: ChildProcess;
let said = '';

/** The environment of a person's two terminals, with ports that are free. */
function environment(more: Record<string, string> = {}): Record<string, string | undefined> {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_PROFILE: _profile, TEMPORAL_CONFIG_FILE: _file, ...env } = process.env;
  const ports = { SIGNALBOX_PORT: '0', SIGNALBOX_TEMPORAL_PORT: '0', SIGNALBOX_UI_PORT: '0' };
  const directories = { SIGNALBOX_CONFIG: join(home, 'definitions'), SIGNALBOX_STATE: join(home, 'state') };
  return { ...env, ...ports, ...directories, SIGNALBOX_TEMPORAL_BIN: inject('temporal').bin, ...more };
}

function start(args: readonly string[], env: Record<string, string | undefined>): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], { env, stdio: 'pipe' });
}

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

async function ended(child: ChildProcess, input = ''): Promise<Ended> {
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  child.stdin?.end(input);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

async function run(args: readonly string[], input = '', env = environment()): Promise<Ended> {
  return ended(start(args, env), input);
}

/** Resolves when a child has printed a text; rejects when it ends before. */
async function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (chunk: unknown): void => {
      said += String(chunk);
      if (said.includes(text)) resolve();
    };
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`it ended before it said ${text}:\n${said}`)));
  });
}

function event(id: string, more: object = {}): string {
  return JSON.stringify({ specversion: '1.0', id, source: '/e2e', type: 'file.new', data: { model: 'm' }, ...more });
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-cli-'));
  mkdirSync(join(home, 'definitions'));
  writeFileSync(join(home, 'definitions', 'all.yaml'), DEFINITIONS);
  dev = start(['dev'], environment());
  dev.stdout?.resume();
  await printed(dev, 'Signalbox is ready');
});

afterAll(async () => {
  if (dev.exitCode === null) {
    const gone = new Promise((resolve) => {
      dev.once('close', resolve);
    });
    dev.kill('SIGKILL');
    await gone;
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 20 });
});

describe('commands beside a running signalbox dev', () => {
  test('send finds it, sends lines as a batch, waits and shows the run; the same again trains nothing', async () => {
    const lines = ['a', 'b', 'c'].map((id) => event(id)).join('\n');
    const first = await run(['send', '-', '--wait', '20'], lines);
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/run sb1-\w+ {2}train {2}3 events/) });
    const again = await run(['send', '-', '--wait', '20', '-o', 'json'], event('b'));
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({
      accepted: [{ id: 'b', triggers: [{ trigger: 'retrain', key: 'm' }] }],
      verdicts: [{ kind: 'suppressed', stage: 'dedupe', reason: expect.stringContaining('came first') }],
      runs: [],
      undecided: false,
    });
  });

  test('send ends with 1 and says why where the service refuses an event, and fills in only when asked', async () => {
    const bare = '{"type":"file.other"}';
    const refused = await run(['send', '-'], bare);
    expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/refused, 400 malformed_event[^]*\/id/) });
    expect(refused.err).toContain('--fill');
    expect(await run(['send', '-', '--fill'], bare)).toMatchObject({
      code: 0,
      out: expect.stringContaining('no trigger wanted it'),
    });
  });

  test('send ends with 1 and names the dead letter where an expression fails', async () => {
    const sent = await run(['send', '-', '-o', 'json'], event('no-model', { data: {} }));
    expect(sent.code).toBe(1);
    expect(JSON.parse(sent.out)).toMatchObject({
      deadLettered: [{ index: 0, trigger: 'retrain', code: 'mapping_error', eventId: expect.stringMatching(/^evt_/) }],
    });
  });

  test('triggers lists them, shows one whole, and ends with 1 for a name that is not there', async () => {
    expect(await run(['triggers'])).toMatchObject({ code: 0, out: expect.stringMatching(/^NAME[^]*retrain {2}live/) });
    const one = await run(['triggers', 'retrain', '-o', 'json']);
    expect(JSON.parse(one.out)).toMatchObject({
      name: 'retrain',
      mode: 'live',
      definition: { key: expect.any(String) },
    });
    expect(await run(['triggers', 'nope'])).toMatchObject({ code: 1, err: expect.stringContaining('nope') });
  });

  test('backtest takes what the store kept, and compares with the live definitions, as diff does', async () => {
    const changed = join(home, 'changed');
    mkdirSync(changed);
    writeFileSync(join(changed, 'all.yaml'), DEFINITIONS.replace('quiet: 300ms', 'quiet: 1h'));
    // The store writes after the acknowledgement.
    await expect
      .poll(async () => (await run(['backtest', changed, '--since', '1h', '-o', 'json'])).out, { timeout: 60_000 })
      .toMatch(/"code": "mapping_error"/);
    const tested = await run(['backtest', changed, '--since', '1h', '--against', 'live', '-o', 'json']);
    expect(JSON.parse(tested.out)).toMatchObject({
      totals: { runs: 0, pending: 3, live: { runs: 1, pending: 0, gained: 0, lost: 1 } },
      triggers: [{ name: 'retrain', live: { examples: { lost: [{ eventCount: 3, key: 'm' }] } } }],
    });
    const differs = await run(['diff', changed]);
    expect(differs).toMatchObject({ code: 1, out: expect.stringMatching(/debounce\.quiet {2}300ms → 1h/) });
    expect((await run(['diff', join(home, 'definitions')])).code).toBe(0);
  });

  test('doctor finds everything as it should be', async () => {
    const checked = await run(['doctor', '-o', 'json']);
    expect(JSON.parse(checked.out), checked.out).toMatchObject({ ok: true });
    expect(checked.code).toBe(0);
    const levels: { checks: { name: string; level: string }[] } = JSON.parse(checked.out);
    for (const name of ['Temporal', 'server', 'namespace', 'definitions', 'service']) {
      expect(levels.checks).toContainEqual(expect.objectContaining({ name, level: 'ok' }));
    }
  });

  test('doctor tells of an external server what is missing there and what it cannot see', async () => {
    const { address } = inject('temporal');
    const checked = await run(['doctor'], '', environment({ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'absent' }));
    expect(checked).toMatchObject({
      code: 1,
      out: expect.stringMatching(/fail {2}server[^]*warn {2}settings[^]*MaxPollRPS/),
    });
  });

  test('a second dev on the same state directory says who holds it', async () => {
    expect(await run(['dev'])).toMatchObject({ code: 2, err: expect.stringContaining(`process ${dev.pid}`) });
  });

  test('Ctrl-C stops it all, and commands then say in one line what to do', async () => {
    const stopped = new Promise((resolve) => {
      dev.once('close', resolve);
    });
    // A terminal and npm both pass it on.
    dev.kill('SIGINT');
    dev.kill('SIGINT');
    expect(await stopped).toBe(0);
    expect(existsSync(join(home, 'state', 'service.json'))).toBe(false);
    expect(existsSync(join(home, 'state', 'temporal.lock'))).toBe(false);
    const sent = await run(['send', '-'], event('late'), environment({ SIGNALBOX_PORT: '1' }));
    expect(sent).toMatchObject({ code: 2, out: '', err: expect.stringContaining('npm start') });
  });
});

describe('commands without a service', () => {
  test('lint ends with 0 for good definitions, 1 for bad ones, 2 for none', async () => {
    expect(await run(['lint'])).toMatchObject({ code: 0, out: expect.stringContaining('0 errors') });
    const bad = join(home, 'bad');
    mkdirSync(bad);
    writeFileSync(join(bad, 'a.yaml'), DEFINITIONS.replace('target: train }', 'target: trian }'));
    const found = await run(['lint', bad, '-o', 'json']);
    expect(found.code).toBe(1);
    expect(JSON.parse(found.out)).toMatchObject({ ok: false, errors: 1, findings: [{ line: expect.any(Number) }] });
    expect(await run(['lint', join(home, 'absent')])).toMatchObject({ code: 2, out: '' });
  });

  test('match ends with 0 for a match, 1 with a reason for none, 2 for a pattern that is none', async () => {
    const pattern = '{"type":["file.new"]}';
    expect(await run(['match', pattern, '-'], event('a'))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^matched/),
    });
    const args = ['match', pattern, event('a'), '--when', 'event.data.model == "x"', '-o', 'json'];
    const none = await run(args);
    expect(none.code).toBe(1);
    expect(JSON.parse(none.out)).toEqual({ matched: false, reason: expect.stringContaining('is false') });
    expect(await run(['match', '{"type":"x"}', event('a')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('/type'),
    });
  });

  test.each([[['nope']], [['send']], [['send', 'x', '--wait', '0']], [['lint', '-o', 'yaml']]])(
    'bad usage ends with 2: %j',
    async (args) => {
      expect(await run(args)).toMatchObject({ code: 2, out: '' });
    },
  );

  test('dev that is stopped while it starts leaves nothing behind', async () => {
    const state = join(home, 'stopped');
    const child = start(['dev'], environment({ SIGNALBOX_STATE: state }));
    // The first line of its log comes before the server is started.
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { code } = await ended(child);
    expect(code).toBe(0);
    expect(existsSync(join(state, 'temporal.lock'))).toBe(false);
    expect(existsSync(join(state, 'service.json'))).toBe(false);
  });

  test('send tries again as Retry-After says, and no event is lost to a 503', async () => {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls += 1;
      const accepted = { accepted: [{ eventId: 'evt_1', source: '/e2e', id: 'a', triggers: [] }], deadLettered: [] };
      response.writeHead(calls === 1 ? 503 : 202, { 'content-type': 'application/json', 'retry-after': '1' });
      response.end(JSON.stringify(calls === 1 ? { code: 'saturated', detail: 'full' } : accepted));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const env = environment({ SIGNALBOX_API_URL: `http://127.0.0.1:${port}` });
    expect(await run(['send', '-'], event('a'), env)).toMatchObject({
      code: 0,
      err: expect.stringContaining('again in 1s'),
    });
    expect(calls).toBe(2);
  });
});
