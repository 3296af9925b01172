import { describe, expect, it } from 'vitest';

import { findingsOf, target, TARGET, trigger } from './directory.ts';

const EVENTS = '  events: { pattern: { type: [a] } }\n';
const RUN = '  run: { target: train }\n';

describe('a document that does not fit its schema', () => {
  it.each([
    ['a list', '- 1', '1:1 error is not a definition — Begin with apiVersion: signalbox/v1 and kind.'],
    [
      'no kind',
      'apiVersion: signalbox/v1',
      '1:1 error /kind required field "kind" is missing — Write one of kind: Trigger, kind: Target, kind: Source, kind: Pool, kind: Scenario.',
    ],
    [
      'a kind with a typing mistake',
      'kind: Triger',
      '1:7 error /kind unknown kind "Triger" — Did you mean "Trigger"? Write one of kind: Trigger, kind: Target, kind: Source, kind: Pool, kind: Scenario.',
    ],
    [
      'another version',
      target('{ command: { run: [x] } }').replace('/v1', '/v2'),
      '1:13 error /apiVersion "signalbox/v2" is not allowed here — Did you mean "signalbox/v1"? Use signalbox/v1.',
    ],
    [
      'a name in capitals',
      target('{ command: { run: [x] } }', 'Train'),
      '3:19 error /metadata/name expected 1 to 63 characters of a-z, 0-9 and - — Change the value. For example: retrain-fraud.',
    ],
    [
      'a name of 64 characters',
      target('{ command: { run: [x] } }', 'a'.repeat(64)),
      '3:19 error /metadata/name expected 1 to 63 characters of a-z, 0-9 and - — Change the value. For example: retrain-fraud.',
    ],
    [
      'a number as a name',
      target('{ command: { run: [x] } }', '7'),
      '3:19 error /metadata/name expected text, got 7 — Put it in quotes. For example: retrain-fraud.',
    ],
    [
      'an unknown field',
      target('{ http: { url: "https://x", timout: 3s } }'),
      '4:35 error /spec/http/timout unknown field "timout" — Did you mean "timeout"? Allowed here: url, method, headers, body, timeout, watch, cancel, probe.',
    ],
    [
      'an unknown field far from any other',
      target('{ http: { url: "https://x", zzz: 3s } }'),
      '4:35 error /spec/http/zzz unknown field "zzz" — Allowed here: url, method, headers, body, timeout, watch, cancel, probe.',
    ],
    [
      'a value that is not in the list',
      target('{ http: { url: "https://x", method: put } }'),
      '4:43 error /spec/http/method "put" is not allowed here — Did you mean "PUT"? Use one of POST, PUT, PATCH, GET, DELETE.',
    ],
    [
      'text instead of a list',
      target('{ command: { run: node train.mjs } }'),
      '4:25 error /spec/command/run expected a list, got text — Write a list. For example: ["node","train.mjs"].',
    ],
    [
      'http and command together',
      target('{ http: { url: "https://x" }, command: { run: [x] } }'),
      '4:37 error /spec/command "command" and "http" exclude each other — Keep one of them.',
    ],
    [
      'neither http nor command',
      target('{ onUnknown: hold }'),
      expect.stringMatching(/^4:1 error \/spec needs one of "http", "command".* — Add http or command/),
    ],
    [
      'http with a typing mistake',
      target('{ htp: { url: "https://x" } }'),
      expect.stringContaining(
        '4:9 error /spec/htp unknown field "htp" — Did you mean "http"? Allowed here: http, onUnknown',
      ),
    ],
    [
      'a mistake inside http is not blamed on command',
      target('{ http: { url: 3 } }'),
      '4:22 error /spec/http/url expected text, got 3 — Put it in quotes. For example: https://pipelines.example/runs/${{ key }}.',
    ],
    [
      'a header name with a space',
      target('{ http: { url: "https://x", headers: { "a b": c } } }'),
      '4:53 error /spec/http/headers/a b expected an HTTP header name — Rename it.',
    ],
    [
      'a secret written out',
      target('{ http: { url: "https://x", headers: { X-A: { secret: abc } } } }'),
      '4:61 error /spec/http/headers/X-A/secret expected env:NAME or file:/path — Change the value. For example: env:TRAIN_TOKEN.',
    ],
    [
      'events of nothing',
      `${trigger(`  events:\n${RUN}`)}${TARGET}`,
      '5:10 error /spec/events expected a mapping, got nothing — Write a mapping.',
    ],
    [
      'a pattern beside any',
      `${trigger(`  events: { any: [{ when: "true" }], pattern: {} }\n${RUN}`)}${TARGET}`,
      '5:38 error /spec/events/pattern "pattern" and "any" exclude each other — Keep one of them.',
    ],
    [
      'a key that is a list',
      `${trigger(`${EVENTS}  key: [a]\n${RUN}`)}${TARGET}`,
      '6:3 error /spec/key expected text or a mapping, got a list — Write text or a mapping. For example: ${{ event.data.object.key }}.',
    ],
    [
      'a duration without a unit',
      `${trigger(`${EVENTS}  debounce: { quiet: 30 }\n${RUN}`)}${TARGET}`,
      '6:22 error /spec/debounce/quiet expected text, got 30 — Put it in quotes. For example: 30s.',
    ],
    [
      'a duration with an unknown unit',
      `${trigger(`${EVENTS}  debounce: { quiet: 30x }\n${RUN}`)}${TARGET}`,
      '6:22 error /spec/debounce/quiet expected a duration such as 500ms, 30s, 5m, 24h, 7d or PT1H30M — Change the value. For example: 30s.',
    ],
    [
      'a duration of zero',
      `${trigger(`${EVENTS}  cooldown: { period: 0s }\n${RUN}`)}${TARGET}`,
      '6:23 error /spec/cooldown/period must be longer than zero — Change the value. For example: 30s.',
    ],
    [
      'maxWait under quiet',
      `${trigger(`${EVENTS}  debounce: { quiet: 30s, maxWait: 10s }\n${RUN}`)}${TARGET}`,
      '6:36 error /spec/debounce/maxWait maxWait is shorter than quiet, so quiet would never end a window — Change the value. For example: 30s.',
    ],
    [
      'no target',
      trigger(`${EVENTS}  run: { params: {} }`),
      '6:3 error /spec/run/target required field "target" is missing — Add it: text. For example: retrain-fraud.',
    ],
    [
      '65 params',
      `${trigger(`${EVENTS}  run: { target: train, params: { ${Array.from({ length: 65 }, (_, i) => `p${i}: 1`).join()} } }`)}${TARGET}`,
      '6:25 error /spec/run/params more than 64 parameters — Change the value.',
    ],
    [
      'a $value without a $default',
      `${trigger(`${EVENTS}  key: { $value: "\${{ event.type }}" }\n${RUN}`)}${TARGET}`,
      '6:3 error /spec/key/$default required field "$default" is missing — Add it: any JSON value.',
    ],
  ])('%s', async (_name, text, expected) => {
    expect(await findingsOf(text)).toEqual([expected]);
  });

  it('tells a missing alternative and a wrong field at once', async () => {
    expect(await findingsOf(target('{ onUnknown: maybe }'))).toEqual([
      expect.stringMatching(/^4:1 error \/spec needs one of "http", "command".* — Add http or command/),
      '4:20 error /spec/onUnknown "maybe" is not allowed here — Use one of hold, retry.',
    ]);
  });

  it('knows which alternative was meant, however many mistakes are in it', async () => {
    const headers = Array.from({ length: 20 }, (_, i) => `h${i}: 1`).join();
    const findings = await findingsOf(target(`{ http: { url: "https://x", headers: { ${headers} } } }`));
    expect(findings).toHaveLength(20);
    expect(findings[19]).toContain('/spec/http/headers/h19 expected text or a mapping, got 1 — Put it in quotes.');
  });

  it('reports every mistake of every document', async () => {
    const text = [target('{ http: { url: 3, timeout: x } }', 'a'), target('{ command: {} }', 'b')].join('---\n');
    expect(await findingsOf(text)).toEqual([
      expect.stringContaining('4:22 error /spec/http/url'),
      expect.stringContaining('4:34 error /spec/http/timeout'),
      expect.stringContaining('9:9 error /spec/command/run required field "run" is missing'),
    ]);
  });

  it('names both places of a name that is given twice, and lets kinds share a name', async () => {
    const one = target('{ command: { run: [x] } }');
    const source = one.replace('Target', 'Source').replace('{ command: { run: [x] } }', '{ type: cloudevents }');
    expect(await findingsOf(`${one}---\n${source}`)).toEqual([]);
    expect(await findingsOf(`${one}---\n${one}`)).toEqual([
      expect.stringMatching(
        /^8:19 error \/metadata\/name Target "train" is defined already at .*a\.yaml:3 — Rename or remove/,
      ),
    ]);
  });
});
