import { createServer, type IncomingMessage, type RequestListener } from 'node:http';

import { afterEach, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import type { HttpTargetSpec } from '../../../src/spec/targets/http.ts';
import { contextOf, depsOf } from '../target-fixtures.ts';
import { listen, type Listening } from './listen.ts';

const open: Listening[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

/** The address of a server that answers like this. */
async function serve(answer: RequestListener): Promise<string> {
  const server = await listen(createServer(answer));
  open.push(server);
  return `${server.origin}/healthz`;
}

function targetOf(spec: Partial<HttpTargetSpec>, secrets?: Readonly<Record<string, string>>) {
  const http: HttpTargetSpec = {
    url: 'http://127.0.0.1:9/start',
    method: 'POST',
    headers: { Authorization: { secret: 'env:TOKEN' } },
    timeout: 5_000,
    ...spec,
  };
  return createTarget({ name: 'pipeline', directory: '/', spec: { http, onUnknown: 'hold' } }, depsOf('/', secrets));
}

describe('a probe of an http target', () => {
  it('is not there where no address is named that starts nothing', () => {
    expect(targetOf({})).not.toHaveProperty('probe');
  });

  it('asks the address that is named, by GET, with the credentials and without a token', async () => {
    let got: IncomingMessage | undefined;
    const url = await serve((request, response) => {
      got = request;
      response.end('fine');
    });
    expect(await targetOf({ probe: { url } }).probe?.(contextOf())).toMatchObject({ kind: 'ready' });
    expect(got).toMatchObject({ method: 'GET', url: '/healthz', headers: { authorization: 'Bearer canary-7f3a91' } });
    expect(got?.headers).not.toHaveProperty('idempotency-key');
  });

  it.each([302, 401, 403, 404, 500])('is a no where it answers %d', async (status) => {
    const url = await serve((_request, response) => response.writeHead(status).end('Bearer canary-7f3a91 is wrong'));
    const outcome = await targetOf({ probe: { url } }).probe?.(contextOf());
    expect(outcome).toMatchObject({ kind: 'notReady', detail: expect.stringContaining(`answered ${status}`) });
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  it('is a no where nobody answers in time, it is given up, or a secret is missing', async () => {
    const probe = { url: await serve(() => undefined) };
    expect(await targetOf({ probe, timeout: 50 }).probe?.(contextOf())).toMatchObject({ kind: 'notReady' });
    expect(await targetOf({ probe }).probe?.(contextOf(AbortSignal.abort()))).toMatchObject({ kind: 'notReady' });
    const missing = expect.stringContaining('env:TOKEN');
    expect(await targetOf({ probe }, {}).probe?.(contextOf())).toMatchObject({ kind: 'notReady', detail: missing });
  });
});
