import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { nameOfToken } from '../../../src/connectors/token-name.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import type { Listening } from './listen.ts';
import { serveGithub } from './strict/github.ts';
import { type Asked, type Reply, serve } from './strict/server.ts';

const TOKEN = 'canary-github-77aa03';
const secrets = { 'env:GITHUB_TOKEN': TOKEN };
const ENDS = { succeeded: 'success', failed: 'failure', cancelled: 'cancelled' } as const;
const RUN = 'sb1-0123456789abcdef0123456789abcdef01234567';
const NO_MARKER = 'name: train\non: workflow_dispatch\njobs: { a: { if: "inputs.signalbox-run" } }\n';

const specOf = (url: string, more: object = {}) => ({
  github: {
    url,
    token: { secret: 'env:GITHUB_TOKEN' },
    repository: 'acme/models',
    workflow: 'train.yml',
    ref: 'main',
    ...more,
  },
});

function targetOf(url: string, more?: object) {
  const spec = targetFile.shape.spec.parse(specOf(url, more));
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
async function opened<T extends Listening>(server: Promise<T>): Promise<T> {
  const listening = await server;
  open.push(listening);
  return listening;
}
const answering = (answer: (asked: Asked) => Reply) => opened(serve(answer));

describeTarget('github, on a strict server of our own', { once: 'lookUp', follows: true, probes: true }, async () => {
  const server = await serveGithub(TOKEN);
  return {
    origin: server.origin,
    spec: (origin) => specOf(origin),
    missing: (origin) => specOf(origin, { workflow: 'renamed.yml' }),
    secrets,
    acts: ({ path }) => path.endsWith('/dispatches'),
    effects: async (token) => server.runsOf(nameOfToken(requestOf(token))),
    params: () => ({ rows: 3 }),
    insideErrors: [],
    end: async (handle, how) => server.end(z.object({ id: z.number() }).parse(handle).id, ENDS[how]),
    unknown: { id: 1 },
    close: () => server.close(),
  };
});

describe('a github target', () => {
  it.each([
    ['an input the workflow does not know', { inputs: { rows: 3, column: 'a' } }, 'Unexpected inputs'],
    ['a ref that is not there', { ref: 'gone' }, 'No ref found'],
    ['inputs without names', { inputs: [1] }, 'not a map of names'],
    [
      'too many inputs',
      { inputs: Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`i${n}`, n])) },
      '26 inputs',
    ],
  ])('refuses %s', async (_, more, text) => {
    const server = await opened(serveGithub(TOKEN));
    expect(await targetOf(server.origin, more).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining(text),
    });
  });

  it('finds its run by the token on a server that does not tell it', async () => {
    const server = await opened(serveGithub(TOKEN, { details: false }));
    const target = targetOf(server.origin);
    const request = { ...requestOf(RUN), params: { rows: 3 } };
    const outcome = await target.start(request, contextOf());
    expect(outcome).toMatchObject({ kind: 'started', handle: {} });
    expect(await target.watch?.({}, request, contextOf())).toMatchObject({ kind: 'running', detail: 'queued' });
    expect(await target.cancel?.({}, request, contextOf())).toEqual({ kind: 'cancelled' });
    server.end(9_000_000_000, 'success');
    expect(await target.watch?.({}, request, contextOf())).toMatchObject({
      kind: 'finished',
      status: 'succeeded',
      result: { id: 9_000_000_000, conclusion: 'success', commit: '0a1b2c' },
    });
  });

  it('finds its run behind many others, and not one that only begins alike', async () => {
    const server = await opened(serveGithub(TOKEN));
    const target = targetOf(server.origin);
    const first = await target.start(requestOf(RUN), contextOf());
    for (let run = 0; run < 65; run += 1) await target.start(requestOf(`${RUN}-${run}`), contextOf());
    expect(await target.find?.(requestOf(RUN), contextOf())).toEqual(first);
    expect(await target.find?.(requestOf(`${RUN}-`), contextOf())).toEqual({ kind: 'notFound' });
  });

  it('does not say that nothing started where runs do not show their token', async () => {
    const server = await opened(serveGithub(TOKEN, { workflow: NO_MARKER }));
    const target = targetOf(server.origin);
    await target.start(requestOf(RUN), contextOf());
    const detail = expect.stringContaining('does not show inputs.signalbox-run');
    expect(await target.find?.(requestOf(RUN), contextOf())).toMatchObject({ kind: 'unreachable', detail });
    expect(await target.probe?.(contextOf())).toMatchObject({ kind: 'notReady', detail });
  });

  it.each([
    ["run-name: ${{ inputs['signalbox-run'] }}", 'ready'],
    ['run-name: |\n  a\n  ${{ inputs.signalbox-run }}', 'ready'],
    ['run-name: ${{ inputs.signalbox-running }}', 'notReady'],
    ['run-name: a\nenv: { RUN: "${{ inputs.signalbox-run }}" }', 'notReady'],
  ])('by %j is %s', async (workflow, kind) => {
    const server = await opened(serveGithub(TOKEN, { workflow }));
    expect(await targetOf(server.origin).probe?.(contextOf())).toMatchObject({ kind });
  });

  it('does not say that nothing started where there are more runs than it may look through', async () => {
    const runs = Array.from({ length: 30 }, (_, id) => ({ id, display_title: 'other', html_url: 'https://x' }));
    const server = await answering(() => ({ status: 200, body: { workflow_runs: runs } }));
    expect(await targetOf(server.origin).find?.(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'unreachable',
      detail: expect.stringContaining('there are more'),
    });
  });

  it('waits as long as the rate limit lasts', async () => {
    const resetAt = Math.ceil(Date.now() / 1_000) + 1_800;
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetAt) };
    const spent = await answering(() => ({ status: 403, headers, body: { message: 'API rate limit exceeded' } }));
    const outcome = await targetOf(spent.origin).start(requestOf(RUN), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_unavailable', permanent: false });
    const waitMs = outcome.kind === 'notStarted' ? (outcome.retryAfterMs ?? 0) : 0;
    expect(waitMs).toBeGreaterThan(1_700_000);
    expect(waitMs).toBeLessThanOrEqual(1_801_000);
    const message = 'You have exceeded a secondary rate limit.';
    const busy = await answering(() => ({ status: 403, headers: { 'retry-after': '60' }, body: { message } }));
    expect(await targetOf(busy.origin).start(requestOf(RUN), contextOf())).toMatchObject({ retryAfterMs: 60_000 });
    expect(await targetOf(busy.origin).watch?.({ id: 7 }, requestOf(RUN), contextOf())).toMatchObject({
      kind: 'unreachable',
      retryAfterMs: 60_000,
    });
  });

  it.each([500, 502])('does not know whether a dispatch answered %i went on', async (status) => {
    const broken = await answering(() => ({ status, body: { message: 'Server Error' } }));
    expect(await targetOf(broken.origin).start(requestOf(RUN), contextOf())).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['neutral', 'succeeded'],
    ['timed_out', 'timedOut'],
    ['skipped', 'failed'],
    ['startup_failure', 'failed'],
    ['something_new', 'failed'],
  ])('takes the conclusion %s for %s', async (conclusion, status) => {
    const body = { id: 7, status: 'completed', conclusion, html_url: 'https://github.example/7' };
    const server = await answering(() => ({ status: 200, body }));
    expect(await targetOf(server.origin).watch?.({ id: 7 }, requestOf(RUN), contextOf())).toMatchObject({
      kind: 'finished',
      status,
      detail: `It concluded: ${conclusion}.`,
    });
  });
});
