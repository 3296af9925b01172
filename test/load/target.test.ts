import { describe, expect, it } from 'vitest';

import { findingsOf, target } from './directory.ts';

const http = (url: string, rest = ''): string => target(`{ http: { url: "${url}"${rest} } }`);
const SECRET = 'Write { secret: "env:NAME" } or { secret: "file:/path" }.';

describe('a target', () => {
  it.each([
    ['plain', http('https://pipelines.example/runs')],
    ['a port and a path', http('http://127.0.0.1:9000/a/b?c=d')],
    ['templates after the host', http('https://pipelines.example/${{ key }}?run=${{ run.id }}')],
    ['a secret header', http('https://x.example', ', headers: { Authorization: { secret: "env:TOKEN" } }')],
    [
      'a command',
      target('{ command: { run: [node, train.mjs, "${{ key }}"], env: { REGION: eu, K: { secret: "file:/k" } } } }'),
    ],
  ])('may have %s', async (_name, text) => {
    expect(await findingsOf(text)).toEqual([]);
  });

  it.each([
    'ftp://x.example',
    'pipelines.example/runs',
    'https://',
    '//x.example',
    '${{ event.data.url }}',
    'https:///x',
  ])('does not go to %s', async (url) => {
    expect(await findingsOf(http(url))).toEqual([
      expect.stringContaining('/spec/http/url does not start with http:// or https:// and a host — Write scheme'),
    ]);
  });

  it.each(['https://${{ event.data.host }}/x', 'https://a.${{ key }}.example', 'https://a.example:${{ key }}/'])(
    'does not let an event choose the host: %s',
    async (url) => {
      expect(await findingsOf(http(url))).toEqual([expect.stringContaining('use ${{ }} after them')]);
    },
  );

  it.each([
    ['argo', 'url: "https://${{ key }}.example", namespace: ml, template: train'],
    ['kubernetesJob', 'url: "https://${{ key }}.example", namespace: ml, manifest: {}'],
    ['pagerduty', 'url: "https://${{ key }}.example", routingKey: { secret: "env:KEY" }'],
    ['github', 'url: "https://${{ key }}.example", token: { secret: "env:T" }, repository: a/b, workflow: c, ref: d'],
    [
      'sagemaker',
      'url: "https://${{ key }}.example", region: eu-west-1, pipeline: a, credentials: { accessKeyId: { secret: "env:A" }, secretAccessKey: { secret: "env:B" } }',
    ],
  ])('does not let an event choose the host of %s', async (kind, settings) => {
    expect(await findingsOf(target(`{ ${kind}: { ${settings} } }`))).toEqual([
      expect.stringContaining(`/spec/${kind}/url does not start with http:// or https:// and a host`),
    ]);
  });

  it('needs to be told which alert to resolve', async () => {
    const settings = '{ routingKey: { secret: "env:KEY" }, action: resolve }';
    expect(await findingsOf(target(`{ pagerduty: ${settings} }`))).toEqual([
      expect.stringContaining('/spec/pagerduty/dedupKey is required to acknowledge or resolve'),
    ]);
  });

  it.each([
    ['prefect', 'deployment: a/b'],
    ['airflow', 'dag: retrain'],
    ['dagster', 'location: defs.py, job: retrain'],
    ['mlflow', 'model: fraud, read: { alias: champion }'],
  ])('sends no event to a host of its choice, nor credentials in an address: %s', async (member, rest) => {
    const at = (url: string) => findingsOf(target(`{ ${member}: { url: "${url}", ${rest} } }`));
    expect(await at('https://api.example/${{ key }}')).toEqual([]);
    expect(await at('https://${{ key }}.example')).toEqual([
      expect.stringContaining(`error /spec/${member}/url does not start with http:// or https:// and a host`),
    ]);
    expect(await at('https://user:word@api.example')).toEqual([
      expect.stringContaining(`error /spec/${member}/url holds credentials — Put them into auth.`),
    ]);
  });

  it('does not carry credentials in its address', async () => {
    expect(await findingsOf(http('https://user:word@x.example'))).toEqual([
      expect.stringMatching(/error \/spec\/http\/url holds credentials — Put them into headers/),
    ]);
  });

  it.each(['Authorization', 'authorization', 'Cookie', 'X-Api-Key'])('has %s only as a reference', async (name) => {
    expect(await findingsOf(http('https://x.example', `, headers: { ${name}: abc }`))).toEqual([
      expect.stringContaining(`error /spec/http/headers/${name} is a credential written out — ${SECRET}`),
    ]);
  });

  it.each(['Host', 'content-length', 'Idempotency-Key', 'Transfer-Encoding'])('does not set %s', async (name) => {
    expect(await findingsOf(http('https://x.example', `, headers: { ${name}: abc }`))).toEqual([
      expect.stringContaining(`error /spec/http/headers/${name} ${name} is set by Signalbox — Remove it.`),
    ]);
  });

  it.each([
    ['asks', `watch: { url: "https://x.example/\${{ result.id }}", succeeded: "body.ok", failed: "status == 409" }`],
    ['is called back', 'watch: {}'],
    [
      'is ended there',
      `watch: { url: "https://x.example/a", succeeded: "body.ok", failed: "!body.ok" }, cancel: { url: "https://x.example/\${{ result.id }}" }`,
    ],
  ])('may follow its runs: %s', async (_name, watch) => {
    expect(await findingsOf(http('https://x.example', `, ${watch}`))).toEqual([]);
  });

  it.each([
    ['watch: { url: "https://x.example" }', 'error /spec/http/watch never sees the end'],
    ['watch: { url: "https://x.example", succeeded: "body.ok" }', 'warning /spec/http/watch never sees a failure'],
    ['watch: { succeeded: "body.ok" }', 'error /spec/http/watch has conditions and no url to ask'],
    [
      'watch: { url: "https://${{ result.host }}/x", succeeded: "body.ok", failed: "!body.ok" }',
      'use ${{ }} after them',
    ],
    ['watch: { url: "https://x.example", succeeded: "event.ok", failed: "!body.ok" }', '/spec/http/watch/succeeded'],
    ['cancel: { url: "https://x.example" }', 'warning /spec/http/cancel is never called without watch'],
    ['probe: { url: "healthz" }', 'error /spec/http/probe/url does not start with http:// or https:// and a host'],
    ['method: GET, body: { a: 1 }', 'warning /spec/http/body is not sent with GET'],
  ])('cannot follow its runs by %s', async (members, finding) => {
    expect(await findingsOf(http('https://x.example', `, ${members}`))).toEqual([expect.stringContaining(finding)]);
  });

  it('is warned about what sounds like a credential', async () => {
    const text = target('{ command: { run: [x], env: { HF_TOKEN: abc, TOKENIZER: bert, DB_PASSWORD: x } } }');
    expect(await findingsOf(text)).toEqual([
      expect.stringContaining(`warning /spec/command/env/HF_TOKEN looks like a credential written out — ${SECRET}`),
      expect.stringContaining('warning /spec/command/env/DB_PASSWORD'),
    ]);
  });

  it('has its program and folder written out', async () => {
    const text = target('{ command: { run: ["${{ key }}"], cwd: "/data/${{ key }}" } }');
    expect(await findingsOf(text)).toEqual([
      expect.stringContaining('error /spec/command/run/0 may not hold ${{ }}'),
      expect.stringContaining('error /spec/command/cwd may not hold ${{ }}'),
    ]);
  });

  it('has expressions that compile, wherever they stand', async () => {
    const text = target(
      '{ http: { url: "https://x/${{ key + }}", headers: { A: "${{ ( }}" }, body: { a: ["${{ nope }}"] } } }',
    );
    const findings = await findingsOf(text);
    expect(findings).toEqual([
      expect.stringContaining('error /spec/http/url '),
      expect.stringContaining('error /spec/http/headers/A '),
      expect.stringContaining('error /spec/http/body/a/0 '),
    ]);
    expect(findings[2]).toContain('it sees key, trigger, run, event, parts, items');
  });
});
