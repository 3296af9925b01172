import { describe, expect, it } from 'vitest';

import { definitionsOf } from '../accept/given.ts';
import { findingsOf, target } from './directory.ts';

const trigger = (run: string, more = '') => `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: deploy }
spec:
  events: { pattern: { type: [approved] } }
${more}  run:
${run
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
---
${target('{ http: { url: "https://x.example" } }', 'prod')}`;

const DEPLOY = `
kind: deploy
lane: "model/\${{ event.data.model }}"
version: "\${{ event.data.version }}"
promote: { target: prod, params: { version: "\${{ version }}" } }
`;
const POOL = `apiVersion: signalbox/v1
kind: Pool
metadata: { name: gpu }
spec: { limit: 4 }
`;
const ROLLBACK = `
kind: rollback
lane: "model/\${{ event.data.model }}"
route: { target: prod, params: { was: "\${{ event.data.version }}" } }
`;

describe('a deployment', () => {
  it('is checked whole: every template and condition with what it sees', async () => {
    const whole = `${DEPLOY.replace('}\n', ', steps: [{ weight: 10, bake: 5m, expect: "result.ok && weight == 10" }, { weight: 100 }], check: { target: prod }, approval: { timeout: 1h, notify: [{ target: prod }] } }\n')}
stage: { target: prod, params: { v: "\${{ version }}" } }
smoke:
  - { http: { url: "https://s.example/\${{ version }}", expect: "status == 200 && body.ok" }, attempts: 5, every: 10s, timeout: 30s }
  - { target: prod, expect: "result.auc > 0.9" }
verify: [{ target: prod, expect: "result.version == version" }]
revert: [{ target: prod, params: { failed: "\${{ failed }}", done: "\${{ done }}" } }]
guard: { target: prod, expect: "result.version == event.data.previous", onFail: deadLetter }`;
    expect(await findingsOf(trigger(whole))).toEqual([]);
  });

  it.each([
    ['a promotion is missing', 'kind: deploy\nlane: a\nversion: "1"', 'required field "promote" is missing'],
    ['a field of another kind', `${DEPLOY}target: prod`, '"target"'],
    ['a target that is not there', `${DEPLOY}stage: { target: prd }`, 'Target "prd" is not defined'],
    ['weight without steps', DEPLOY.replace('version }}" }', 'weight }}" }'), 'weight'],
    ['version in its own version', DEPLOY.replace('event.data.version', 'version'), '/spec/run/version'],
    ['result in params', `${DEPLOY}stage: { target: prod, params: { r: "\${{ result }}" } }`, '/spec/run/stage/params'],
    ['status of a target', `${DEPLOY}smoke: [{ target: prod, expect: "status == 200" }]`, '/spec/run/smoke/0/expect'],
    [
      'a host that an event chooses',
      `${DEPLOY}smoke: [{ http: { url: "https://\${{ version }}/x", expect: "true" } }]`,
      '/spec/run/smoke/0/http/url',
    ],
    ['no lane', DEPLOY.replace(/lane.*\n/, ''), 'error /spec/run needs a lane'],
    ['no lane of a rollback', ROLLBACK.replace(/lane.*\n/, ''), 'error /spec/run needs a lane'],
  ])('is refused: %s', async (_name, run, finding) => {
    expect((await findingsOf(trigger(run))).join('\n')).toContain(finding);
  });

  it('is warned of where a failed step could not be undone', async () => {
    const staged = `${DEPLOY}stage: { target: prod }\nverify: [{ target: prod, expect: "true" }]`;
    expect(await findingsOf(trigger(staged))).toEqual([expect.stringContaining('warning /spec/run has no revert')]);
  });

  it('has no step whose end only a callback would tell', async () => {
    const called = `${trigger(`${DEPLOY}stage: { target: slow }\nrevert: { target: prod }`)}\n---\n${target('{ http: { url: "https://s.example", watch: {} } }', 'slow')}`;
    expect(await findingsOf(called)).toEqual([
      expect.stringContaining('error /spec/run/stage/target Target "slow" is told of its end by a callback only'),
    ]);
    expect(
      await findingsOf(
        `${trigger('target: slow')}\n---\n${target('{ http: { url: "https://s.example", watch: {} } }', 'slow')}`,
      ),
    ).toEqual([]);
  });

  it('keeps of its event what its steps read', async () => {
    const run = `${DEPLOY}smoke: [{ target: prod, params: { a: "\${{ event.data.deep.a }}" }, expect: "result.b == event.data.b" }]\nrevert: { target: prod }`;
    const { triggers } = await definitionsOf(trigger(run));
    expect(triggers.get('deploy')?.reads).toEqual(
      expect.arrayContaining([
        ['data', 'version'],
        ['data', 'deep', 'a'],
        ['data', 'b'],
      ]),
    );
  });
});

describe('a rollback', () => {
  it('looks at the age of its alert right before it starts, unless it says otherwise', async () => {
    const at = async (more: string) =>
      (await definitionsOf(trigger(ROLLBACK, more))).triggers.get('deploy')?.definition.freshness;
    expect(await at('  freshness: { maxAge: 10m }\n')).toEqual({ maxAgeMs: 600_000, at: 'fire' });
    expect(await at('  freshness: { maxAge: 10m, at: both }\n')).toEqual({ maxAgeMs: 600_000, at: 'both' });
  });

  it('lets those it tells see what came of it, and nobody else', async () => {
    const told = `${ROLLBACK}notify: [{ target: prod, params: { o: "\${{ outcome.status }}" } }]\nincident: { target: prod, params: { o: "\${{ outcome }}" } }`;
    expect(await findingsOf(trigger(told))).toEqual([]);
    const early = ROLLBACK.replace('event.data.version', 'outcome.status');
    expect(await findingsOf(trigger(early))).toEqual([expect.stringContaining('/spec/run/route/params')]);
  });
});

describe('a fan-out', () => {
  const FAN_OUT = `
kind: fanOut
over: "\${{ event.data.regions }}"
branch: { target: prod, params: { region: "\${{ item }}", all: "\${{ event.data.regions }}" } }
`;
  const over = (list: string) => FAN_OUT.replace('"${{ event.data.regions }}"', list);

  it('is checked whole: its branches see item, what follows sees result', async () => {
    const whole = `${FAN_OUT}parallel: 3\nquorum: 4\nwithin: 2h\nafterQuorum: letFinish\nthen: { target: prod, params: { all: "\${{ result.branches }}" } }\nguard: { target: prod, expect: "result.ok" }`;
    expect(await findingsOf(trigger(whole))).toEqual([]);
  });

  it('keeps of its event what it goes over, and asks for no lane', async () => {
    const { triggers } = await definitionsOf(trigger(`${FAN_OUT}pool: gpu`, '').concat('---\n', POOL));
    const { definition, reads } = triggers.get('deploy') ?? {};
    expect(reads).toEqual([['data', 'regions']]);
    expect(definition?.run).toMatchObject({
      kind: 'fanOut',
      target: 'prod',
      params: { over: '${{ event.data.regions }}' },
      plan: { parallel: 10, afterQuorum: 'cancelRest', pool: 'gpu' },
    });
    expect(definition?.run.pool).toBeUndefined();
  });

  it.each([
    ['item in what it goes over', over('"${{ item.regions }}"'), '/spec/run/over'],
    ['result in a branch', FAN_OUT.replace('item', 'result.x'), '/spec/run/branch/params'],
    [
      'item in what follows',
      `${FAN_OUT}then: { target: prod, params: { a: "\${{ item }}" } }`,
      '/spec/run/then/params',
    ],
    ['text in place of a list', over('eu'), 'error /spec/run/over is text, not a list'],
    ['an empty list', over('[]'), 'error /spec/run/over is empty'],
    ['an object as value', over('[eu, { region: us }]'), 'error /spec/run/over/1 is no text, number or boolean'],
    ['too many values', over(`[${Array.from({ length: 101 }, (_, it) => it).join(', ')}]`), 'error /spec/run/over'],
    ['a quorum of more than there are', `${over('[eu, us]')}quorum: 3`, 'error /spec/run/quorum is 3, and there are 2'],
    ['a wait longer than the run', `${FAN_OUT}within: 2h\ntimeout: 1h`, 'error /spec/run/within is longer than'],
    ['no branch at once', `${FAN_OUT}parallel: 0`, '/spec/run/parallel'],
    ['a target that is not there', `${FAN_OUT}then: { target: prd }`, 'Target "prd" is not defined'],
  ])('is refused: %s', async (_name, run, finding) => {
    expect((await findingsOf(trigger(run))).join('\n')).toContain(finding);
  });

  it.each([
    [
      'says what becomes of the rest after all',
      `${FAN_OUT}afterQuorum: letFinish`,
      '/spec/run/afterQuorum decides nothing',
    ],
    ['names a value twice', over('[1, eu, "1"]'), '/spec/run/over/2 is there already'],
    ['tells every branch the same', FAN_OUT.replace('item', 'key'), '/spec/run/branch reads nothing of item'],
  ])('is warned of where it %s', async (_name, run, finding) => {
    expect(await findingsOf(trigger(run))).toEqual([expect.stringContaining(`warning ${finding}`)]);
  });

  it('may have branches that call back, and nothing else that does', async () => {
    const slow = target('{ http: { url: "https://s.example", watch: {} } }', 'slow');
    const branch = FAN_OUT.replace('prod', 'slow');
    expect(await findingsOf(`${trigger(branch)}\n---\n${slow}`)).toEqual([]);
    expect(await findingsOf(`${trigger(`${FAN_OUT}then: { target: slow }`)}\n---\n${slow}`)).toEqual([
      expect.stringContaining('error /spec/run/then/target Target "slow" is told of its end by a callback only'),
    ]);
  });
});
