import { describe, expect, it } from 'vitest';

import { resolveTarget } from '../../activities/resolve-target.ts';
import { definitionsOf } from '../accept/given.ts';
import { startInput } from './given.ts';

/** The spec of a target with this YAML, resolved for a run. */
async function resolved(spec: string) {
  const { targets } = await definitionsOf(
    `apiVersion: signalbox/v1\nkind: Target\nmetadata: { name: train }\nspec: ${spec}\n`,
  );
  const target = targets.get('train');
  if (!target) throw new Error('not loaded');
  const outcome = resolveTarget(target, startInput());
  return outcome.ok ? outcome.target.spec : outcome.detail;
}

describe('a target', () => {
  it('has its url, headers and body filled in for the run; secrets stay references', async () => {
    const spec = await resolved(`{
      http: {
        url: "https://host.example/runs/\${{ key }}?n=\${{ run.eventCount }}",
        headers: { x-run: "\${{ run.id }}", x-size: "\${{ event.data.size }}", authorization: { secret: "env:TOKEN" } },
        body: { all: "\${{ items }}", of: "\${{ trigger.name }}" },
      },
    }`);
    expect(spec).toMatchObject({
      http: {
        url: 'https://host.example/runs/eu?n=2',
        headers: {
          'x-run': 'sb1-0123456789012345678901234567890123456789',
          'x-size': '7',
          authorization: { secret: 'env:TOKEN' },
        },
        body: { all: ['a', 'b'], of: 'retrain' },
      },
    });
  });

  it('has its arguments and variables filled in as text', async () => {
    const spec = await resolved(`{
      command: {
        run: [node, train.mjs, "--n=\${{ size(items) }}", "\${{ items }}", "\${{ event.data.name }}"],
        env: { KEY: "\${{ key }}", TOKEN: { secret: "env:TOKEN" } },
      },
    }`);
    expect(spec).toMatchObject({
      command: {
        run: ['node', 'train.mjs', '--n=2', '["a","b"]', 'it\'s "b"'],
        env: { KEY: 'eu', TOKEN: { secret: 'env:TOKEN' } },
      },
    });
  });

  it.each([
    ['url', '{ http: { url: "https://host.example/${{ event.data.nothing }}" } }'],
    ['header', '{ http: { url: "https://host.example/", headers: { x-a: "${{ event.data.nothing }}" } } }'],
    ['body', '{ http: { url: "https://host.example/", body: { a: "${{ event.data.nothing }}" } } }'],
    ['argument', '{ command: { run: [node, "${{ event.data.nothing }}"] } }'],
    ['variable', '{ command: { run: [node], env: { A: "${{ event.data.nothing }}" } } }'],
  ])('whose %s fails names the expression', async (_what, spec) => {
    expect(await resolved(spec)).toContain('event.data.nothing');
  });
});
