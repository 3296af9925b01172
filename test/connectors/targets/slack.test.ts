import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { serve } from './strict/server.ts';
import { serveSlack, type SlackServer } from './strict/slack.ts';

const PATH = '/services/T0000/B0000/canary77aa04';

const targetOf = (address: string, slack: object = {}) => {
  const spec = targetFile.shape.spec.parse({ slack: { webhook: { secret: 'env:HOOK' }, ...slack } });
  return createTarget({ name: 'tell', directory: '/', spec }, depsOf('/', { 'env:HOOK': address }));
};

describeTarget('slack, on a strict server of our own', { once: 'nothing', follows: false, probes: false }, async () => {
  const server = await serveSlack(PATH);
  // The address itself is the secret.
  const secrets: Record<string, string> = {};
  const specOf = (reference: string, address: string) => {
    secrets[reference] = address;
    return { slack: { webhook: { secret: reference } } };
  };
  return {
    origin: server.origin,
    spec: (origin) => specOf('env:HOOK', `${origin}${PATH}`),
    missing: (origin) => specOf('env:REVOKED', `${origin}/services/T0000/B0000/revoked`),
    secrets,
    acts: ({ method }) => method === 'POST',
    effects: async (token) => server.messages.filter(({ text }) => text.includes(token)).length,
    params: () => ({ rows: 3 }),
    insideErrors: ['', '{"ok":false,"error":"channel_not_found"}', '<html>Please sign in</html>'],
    close: () => server.close(),
  };
});

describe('a slack target', () => {
  let server: SlackServer;
  beforeAll(async () => {
    server = await serveSlack(PATH);
  });
  afterAll(() => server.close());
  const posted = async (slack: object, params: object = {}) => {
    const request = { ...requestOf('sb1-1'), params: { ...params } };
    const outcome = await targetOf(`${server.origin}${PATH}`, slack).start(request, contextOf());
    expect(outcome).toEqual({ kind: 'finished', status: 'succeeded' });
    return server.messages.at(-1);
  };

  it('posts the text of the definition', async () => {
    expect(await posted({ text: 'fraud was rolled back' })).toEqual({ text: 'fraud was rolled back' });
  });

  it('posts the text and blocks of params where the definition has none', async () => {
    const blocks = [{ type: 'divider' }];
    expect(await posted({}, { text: 'rolled back', blocks })).toEqual({ text: 'rolled back', blocks });
  });

  it('posts a line about the run by default, in which nothing has a meaning of its own', async () => {
    expect(await posted({}, { note: '<!channel> & co' })).toEqual({
      text: '*retrain* (eu): train, run, cause events, run `sb1-1`\n```{"note":"&lt;!channel&gt; &amp; co"}```',
    });
  });

  it('cuts a text that nobody would read', async () => {
    expect((await posted({}, { text: 'x'.repeat(50_000) }))?.text).toHaveLength(3_000);
  });

  it('has neither a token nor a look-up, so it is not repeatable', () => {
    expect(Object.keys(targetOf('https://hooks.slack.example/x'))).toEqual(['start']);
  });

  it.each([
    ['no address', 'not a url', 'not an absolute http or https URL'],
    ['another scheme', 'ftp://hooks.slack.example/x', 'not an absolute http or https URL'],
  ])('sends nothing to %s', async (_, address, text) => {
    const outcome = await targetOf(address).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ permanent: true, detail: expect.stringContaining(text) });
  });

  it('never shows the path of its webhook, which is all it takes to post', async () => {
    const outcome = await targetOf(`${server.origin}/services/revoked77`).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', permanent: true, detail: expect.stringMatching(/no_service/) });
    expect(JSON.stringify(outcome)).not.toContain('revoked77');
  });

  it('does not believe a success that is not that of Slack', async () => {
    const page = await serve(() => ({ status: 200, body: `<html>Sign in to ${PATH}</html>` }));
    const outcome = await targetOf(`${page.origin}${PATH}`).start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('without the ok of Slack') });
    expect(JSON.stringify(outcome)).not.toContain('canary77aa04');
    await page.close();
  });
});
