import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:https';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { HttpExchange } from '../../src/connectors/outgoing-request.ts';
import { exchange } from '../../src/connectors/outgoing-request.ts';

/** Made for this test and used nowhere else: a certificate of 127.0.0.1 that signs itself. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbmN+t3dmTWKwmlzv
Oh5oIIqPiMoM0A3G+R7CJ1xMedihRANCAASlDv5S6m00/IZDQa2iLtBvKb6D4Fiv
5BiJriX2BKPLNQUlc4y3gb5UUIIkEvZfDwn95QZoCdkEiPen8O4dnavL
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpTCCAUqgAwIBAgIUUoR6PcInb3ZbN2vpO3eU3RI6qkcwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTYSB0ZXN0IG9mIFNpZ25hbGJveDAgFw0yNjExMjExODEzMDha
GA8yMTI2MTAyODE4MTMwOFowHjEcMBoGA1UEAwwTYSB0ZXN0IG9mIFNpZ25hbGJv
eDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKUO/lLqbTT8hkNBraIu0G8pvoPg
WK/kGImuJfYEo8s1BSVzjLeBvlRQgiQS9l8PCf3lBmgJ2QSI96fw7h2dq8ujZDBi
MB0GA1UdDgQWBBToDG0Wsxioqr+Z+XbxvlluycRevTAfBgNVHSMEGDAWgBToDG0W
sxioqr+Z+XbxvlluycRevTAPBgNVHREECDAGhwR/AAABMA8GA1UdEwEB/wQFMAMB
Af8wCgYIKoZIzj0EAwIDSQAwRgIhALCo+JyJNu4oVdkgIxBhzwVKL/tnVTHYpwRC
CWEb2Dh7AiEA1u14CMx0VRoAgpoORWTQ/hB1phNM28iBXie5V9SY7Wg=
-----END CERTIFICATE-----
`;

let server: Server;
let url: URL;
beforeAll(async () => {
  server = createServer({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end('0123456789'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  url = new URL(`https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
});
afterAll(() => server.close());

function get(more: { readonly ca?: string; readonly answerMaxBytes?: number } = {}): Promise<HttpExchange> {
  const call = { url, method: 'GET', headers: {}, body: '', timeoutMs: 5_000, ...more };
  return exchange(call, new AbortController().signal);
}

describe('a request over TLS', () => {
  it('sends nothing to a server that nobody vouches for', async () => {
    expect(await get()).toMatchObject({ kind: 'notSent', detail: expect.stringContaining('self-signed') });
  });

  it('believes the authority it is given', async () => {
    expect(await get({ ca: CERTIFICATE })).toMatchObject({ kind: 'answered', status: 200, body: '0123456789' });
  });

  it('sends nothing where the authority is no certificate', async () => {
    expect(await get({ ca: 'nonsense' })).toMatchObject({ kind: 'notSent' });
  });
});

describe('an answer', () => {
  it('is read up to the size that is asked for', async () => {
    expect(await get({ ca: CERTIFICATE, answerMaxBytes: 4 })).toMatchObject({ body: '0123', cut: 'tooLarge' });
    expect(await get({ ca: CERTIFICATE, answerMaxBytes: 10 })).not.toHaveProperty('cut');
  });
});
