import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { OUTPUT_FILE_MAX_BYTES } from '../../../src/connectors/local-process/output.ts';
import { RESULT_MAX_BYTES } from '../../../src/connectors/reply.ts';
import type { Target } from '../../../src/connectors/target.ts';
import { createCommandTarget, FAILURE_EXCERPT_MAX_CHARS } from '../../../src/connectors/targets/command.ts';
import type { CommandTargetSpec } from '../../../src/spec/targets/command.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';

let state = '';
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'signalbox-command-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const QUICK = { killGraceMs: 100, heartbeatEveryMs: 10 };

function targetOf(spec: Partial<CommandTargetSpec>, onUnknown: 'hold' | 'retry' = 'hold'): Target {
  const command = { run: ['true'], cwd: '.', env: {}, timeout: 30_000, ...spec };
  return createCommandTarget({ name: 'train', directory: state, spec: { command, onUnknown } }, depsOf(state), QUICK);
}

/** A target that runs a JavaScript program. */
function node(program: string, spec: Partial<CommandTargetSpec> = {}, onUnknown: 'hold' | 'retry' = 'hold'): Target {
  return targetOf({ run: [process.execPath, '-e', program], ...spec }, onUnknown);
}

const kept = (runId: string, file: string): string => join(state, 'runs', runId, file);

/** A loopback server that programs report to: a connection is a sign of life, its end a sign of death. */
async function lifeline(): Promise<{ port: number; alive: Promise<Socket>; close(): void }> {
  const server = createServer();
  const alive = once(server, 'connection').then(([socket]: Socket[]) => {
    if (!socket) throw new Error('no socket');
    socket.resume();
    socket.on('error', () => undefined);
    return socket;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, alive, close: () => server.close() };
}

/** A program's connection to its lifeline; it never outlives the test, whatever else goes wrong. */
const report = (port: number): string =>
  `require('net').connect(${port}, '127.0.0.1').on('error', () => {}).on('close', () => process.exit());`;

describe('a program', () => {
  it('gets the run on standard input and its id in the environment, and its last line of JSON is the result', async () => {
    const outcome = await node(`
      let text = '';
      process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => {
        console.log('training');
        console.log(JSON.stringify({ input: JSON.parse(text), id: process.env.SIGNALBOX_RUN_ID }));
        console.log('done');
      });`).start(requestOf('sb1-1'), contextOf());
    const { traceparent: _, attempt: __, ...run } = requestOf('sb1-1');
    expect(outcome).toEqual({ kind: 'finished', status: 'succeeded', result: { input: run, id: 'sb1-1' } });
  });

  it('inherits what it needs to run, and no credential of the service', async () => {
    const program = 'console.log(JSON.stringify(process.env))';
    const outcome = await node(program, { env: { MODE: 'fast', TRAIN_TOKEN: { secret: 'env:TOKEN' } } }).start(
      requestOf('sb1-1'),
      contextOf(),
    );
    expect(outcome).toMatchObject({
      result: { PATH: process.env['PATH'], MODE: 'fast', TRACEPARENT: requestOf('').traceparent },
    });
    expect(JSON.stringify(outcome)).not.toContain('canary');
    expect(await readFile(kept('sb1-1', 'output.log'), 'utf8')).not.toContain('canary');
  });

  it('runs in a folder relative to the file that defines it, without a shell', async () => {
    await mkdir(join(state, 'models'));
    const outcome = await node('console.log(JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(1) }))', {
      cwd: 'models',
      run: [process.execPath, '-p', 'JSON.stringify({ cwd: process.cwd(), args: process.argv.slice(1) })', '$(id); *'],
    }).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ result: { cwd: expect.stringMatching(/models$/), args: ['$(id); *'] } });
  });

  it('succeeds without a result where it prints no JSON object, or a larger one than is kept', async () => {
    const succeeded = { kind: 'finished', status: 'succeeded' };
    expect(await targetOf({}).start(requestOf('sb1-1'), contextOf())).toEqual(succeeded);
    const large = `console.log(JSON.stringify({ x: 'x'.repeat(${RESULT_MAX_BYTES}) }))`;
    expect(await node(large).start(requestOf('sb1-2'), contextOf())).toEqual(succeeded);
  });

  it('keeps a result of exactly 64 KB', async () => {
    const program = `console.log('earlier'); console.log(JSON.stringify({ x: 'x'.repeat(${RESULT_MAX_BYTES - 8}) }))`;
    expect(await node(program).start(requestOf('sb1-1'), contextOf())).toHaveProperty('result.x');
  });

  it('that does not read its input is not disturbed', async () => {
    const request = { ...requestOf('sb1-1'), params: { text: 'x'.repeat(1_000_000) } };
    expect(await targetOf({}).start(request, contextOf())).toMatchObject({ status: 'succeeded' });
  });

  it('shows its last line in heartbeats while it runs', async () => {
    const beats: (string | undefined)[] = [];
    const stop = new AbortController();
    const context = contextOf(stop.signal, beats);
    const outcome = node(`console.log('epoch 3'); setInterval(() => {}, 1e6)`).start(requestOf('sb1-1'), {
      ...context,
      heartbeat: (detail) => {
        context.heartbeat(detail);
        if (detail === 'epoch 3') stop.abort();
      },
    });
    expect(await outcome).toMatchObject({ status: 'cancelled' });
    expect(beats).toContain('epoch 3');
  });
});

describe('a program that fails', () => {
  it('is a failed run with its exit code and last lines', async () => {
    const outcome = await node(`console.error('no such column: amount'); process.exitCode = 3`).start(
      requestOf('sb1-1'),
      contextOf(),
    );
    const detail = 'Exit code 3. Its last lines: no such column: amount';
    expect(outcome).toEqual({ kind: 'finished', status: 'failed', detail });
  });

  it('is a failed run that names the signal where it crashed', async () => {
    const outcome = await node(`process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1e6)`).start(
      requestOf('sb1-1'),
      contextOf(),
    );
    expect(outcome).toEqual({ kind: 'finished', status: 'failed', detail: 'Ended by SIGSEGV. It printed nothing.' });
  });

  it.each([
    ['does not exist', { run: ['no-such-program-here'] }, 'was not found'],
    ['is not executable', { run: ['./train.sh'] }, 'is not executable'],
    ['has no folder to run in', { cwd: 'nowhere' }, 'is not a directory'],
    ['has an argument with NUL', { run: ['true', 'a\0b'] }, 'cannot be started'],
    ['has a variable with NUL', { env: { A: 'a\0b' } }, 'NUL'],
  ])('surely did not start where it %s, and says what to do', async (_, spec, text) => {
    await writeFile(join(state, 'train.sh'), '#!/bin/sh\n', { mode: 0o644 });
    const outcome = await targetOf(spec).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_rejected', permanent: true });
    expect(outcome).toHaveProperty('detail', expect.stringContaining(text));
  });

  it('may be started under the same run id once what was missing is there', async () => {
    const target = targetOf({ run: ['./train.sh'] });
    expect(await target.start(requestOf('sb1-1'), contextOf())).toMatchObject({ kind: 'notStarted' });
    await writeFile(join(state, 'train.sh'), '#!/bin/sh\necho \'{"ok":true}\'\n');
    await chmod(join(state, 'train.sh'), 0o755);
    expect(await target.start(requestOf('sb1-1'), contextOf())).toMatchObject({ result: { ok: true } });
  });

  it('did not start where a secret is missing', async () => {
    const outcome = await targetOf({ env: { T: { secret: 'env:NOT_SET' } } }).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'secret_missing', permanent: true });
  });

  it('did not start where the state directory cannot be used', async () => {
    await writeFile(join(state, 'runs'), 'a file where a folder should be');
    const outcome = await targetOf({}).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_unavailable', permanent: false });
  });
});

describe('a probe', () => {
  const probe = (spec: Partial<CommandTargetSpec>) => targetOf(spec).probe?.(contextOf());

  it('finds the program by its name and by its path, and runs nothing', async () => {
    const script = join(state, 'train.sh');
    await writeFile(script, `#!/bin/sh\ntouch ${join(state, 'ran')}\n`, { mode: 0o755 });
    expect(await probe({ run: ['node', 'train.mjs'] })).toMatchObject({ kind: 'ready' });
    expect(await probe({ run: ['./train.sh'] })).toMatchObject({ kind: 'ready' });
    expect(await probe({ run: [script] })).toMatchObject({ kind: 'ready' });
    expect(await probe({ run: ['train.sh'], env: { PATH: state } })).toMatchObject({ kind: 'ready' });
    expect(existsSync(join(state, 'ran'))).toBe(false);
  });

  it('says what is missing: the program, the right to run it, its folder, a secret', async () => {
    await writeFile(join(state, 'train.sh'), '', { mode: 0o644 });
    const no = (detail: string) => ({ kind: 'notReady', detail: expect.stringContaining(detail) });
    expect(await probe({ run: ['signalbox-no-such-program'] })).toMatchObject(no('was not found'));
    expect(await probe({ run: ['./gone.sh'] })).toMatchObject(no('was not found'));
    expect(await probe({ run: ['./train.sh'] })).toMatchObject(no('is not executable'));
    expect(await probe({ cwd: 'nowhere' })).toMatchObject(no('is not a directory'));
    expect(await probe({ env: { TOKEN: { secret: 'env:NOWHERE' } } })).toMatchObject(no('NOWHERE'));
  });
});

describe('a program that prints 300 MB', () => {
  it('grows neither memory nor disk past the bounds, and its last line still counts', async () => {
    const program = `
      const chunk = ('x'.repeat(99) + '\\n').repeat(10_000);
      let left = 300;
      const print = () => {
        while (left-- > 0) if (!process.stdout.write(chunk)) return process.stdout.once('drain', print);
        console.log('{"rows":1}');
      };
      console.log('first line');
      print();`;
    const before = process.memoryUsage().rss;
    const outcome = await node(program).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toEqual({ kind: 'finished', status: 'succeeded', result: { rows: 1 } });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    expect((await stat(kept('sb1-1', 'output.log'))).size).toBeLessThanOrEqual(OUTPUT_FILE_MAX_BYTES);
    const text = await readFile(kept('sb1-1', 'output.log'), 'utf8');
    expect(text.startsWith('first line\n')).toBe(true);
    expect(text).toMatch(/\n… \d{9} bytes left out …\n/);
    expect(text.endsWith('{"rows":1}\n')).toBe(true);
  });

  it('without a line end and then fails is quoted within bounds', async () => {
    const program = `process.stdout.write('y'.repeat(3e6), () => process.exit(1))`;
    const outcome = await node(program).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'finished', status: 'failed' });
    expect(JSON.stringify(outcome).length).toBeLessThan(FAILURE_EXCERPT_MAX_CHARS + 200);
  });
});

describe('a program that takes too long', () => {
  it('is timed out, with what it last said', async () => {
    const outcome = await node('setInterval(() => {}, 1e6)', { timeout: 50 }).start(requestOf('sb1-1'), contextOf());
    const detail = 'Ended after 0.05 s, its timeout. It printed nothing.';
    expect(outcome).toEqual({ kind: 'finished', status: 'timedOut', detail });
  });

  it('is ended by force with all its descendants where they ignore SIGTERM', async () => {
    const life = await lifeline();
    const grandchild = `process.on('SIGTERM', () => {}); ${report(life.port)} setInterval(() => {}, 1e6);`;
    const program = `
      process.on('SIGTERM', () => console.log('not now'));
      require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
      setInterval(() => {}, 1e6);`;
    const stop = new AbortController();
    const outcome = node(program).start(requestOf('sb1-1'), contextOf(stop.signal));
    const died = once(await life.alive, 'close');
    stop.abort();
    expect(await outcome).toEqual({
      kind: 'finished',
      status: 'cancelled',
      detail: 'Cancelled. Its last lines: not now',
    });
    await died;
    life.close();
  });

  it('is not waited for by way of a descendant that left its group and holds its output open', async () => {
    const life = await lifeline();
    const daemon = `${report(life.port)} setInterval(() => {}, 1e6);`;
    const program = `
      const options = { detached: true, stdio: 'inherit' };
      require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(daemon)}], options).unref();
      console.log('{"ok":true}');`;
    const outcome = await node(program).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toEqual({ kind: 'finished', status: 'succeeded', result: { ok: true } });
    (await life.alive).destroy();
    life.close();
  });
});

describe('a second start of a run id', () => {
  const counting = `require('fs').appendFileSync('starts', 'x'); console.log('{"n":1}')`;

  it('answers with the recorded outcome and starts nothing', async () => {
    const first = await node(counting).start(requestOf('sb1-1'), contextOf());
    expect(await node(counting).start(requestOf('sb1-1', 2), contextOf())).toEqual(first);
    expect(await readFile(join(state, 'starts'), 'utf8')).toBe('x');
  });

  it('joins the run where it is going on, and only the last to leave ends it', async () => {
    const life = await lifeline();
    const zombie = new AbortController();
    const program = `require('net').connect(${life.port}, '127.0.0.1').on('end', () => { ${counting}; process.exit() }).resume()`;
    const first = node(program).start(requestOf('sb1-1'), contextOf(zombie.signal));
    const second = node(program).start(requestOf('sb1-1', 2), contextOf());
    const socket = await life.alive;
    zombie.abort();
    expect(await first).toMatchObject({ status: 'cancelled' });
    socket.end();
    expect(await second).toEqual({ kind: 'finished', status: 'succeeded', result: { n: 1 } });
    expect(await readFile(join(state, 'starts'), 'utf8')).toBe('x');
    life.close();
  });

  it.each(['{"startedAt":"2026-09-01T00:00:00Z"}', ''])(
    'is unknown where only the start is recorded: %j',
    async (text) => {
      await mkdir(join(state, 'runs', 'sb1-1'), { recursive: true });
      await writeFile(kept('sb1-1', 'started.json'), text);
      const outcome = await node(counting).start(requestOf('sb1-1', 2), contextOf());
      expect(outcome).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('by a worker that died') });
      expect(existsSync(join(state, 'starts'))).toBe(false);
    },
  );

  it('runs again where only the start is recorded and the target says retry', async () => {
    await mkdir(join(state, 'runs', 'sb1-1'), { recursive: true });
    await writeFile(kept('sb1-1', 'started.json'), '{"startedAt":"2026-09-01T00:00:00Z"}');
    const outcome = await node(counting, {}, 'retry').start(requestOf('sb1-1', 2), contextOf());
    expect(outcome).toMatchObject({ status: 'succeeded', result: { n: 1 } });
  });

  it('is unknown after the first was cancelled, because how far it came is not known', async () => {
    const life = await lifeline();
    const stop = new AbortController();
    const target = node(`${report(life.port)} setInterval(() => {}, 1e6)`);
    const first = target.start(requestOf('sb1-1'), contextOf(stop.signal));
    const died = life.alive.then((socket) => once(socket, 'close'));
    await life.alive;
    stop.abort();
    expect(await first).toMatchObject({ kind: 'finished', status: 'cancelled' });
    await died;
    expect(await target.start(requestOf('sb1-1', 2), contextOf())).toMatchObject({ kind: 'unknown' });
    life.close();
  });

  it('starts nothing where the caller had given up before', async () => {
    const outcome = await node(counting).start(requestOf('sb1-1'), contextOf(AbortSignal.abort()));
    expect(outcome).toMatchObject({ kind: 'finished', status: 'cancelled' });
    expect(existsSync(join(state, 'starts'))).toBe(false);
  });

  it.each(['../escape', '', 'a/b', '..'])('is never kept outside the state directory: %j', async (runId) => {
    await expect(targetOf({}).start(requestOf(runId), contextOf())).rejects.toThrow('not a run id');
  });
});

describe('a program whose worker is killed', () => {
  it('does not go on', async () => {
    const life = await lifeline();
    const fixture = new URL('command-worker.ts', import.meta.url).pathname;
    const worker = spawn(process.execPath, ['--import', 'tsx', fixture, state, String(life.port)], { stdio: 'ignore' });
    const socket = await life.alive;
    const died = once(socket, 'close');
    worker.kill('SIGKILL');
    await died;
    expect(await node('').start(requestOf('sb1-killed', 2), contextOf())).toMatchObject({ kind: 'unknown' });
    life.close();
  });
});
