import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

import { bundleOnce } from '../workflows/world.ts';

const DIRECTORY = fileURLToPath(new URL('histories/', import.meta.url));
const HISTORIES = readdirSync(DIRECTORY).filter((file) => file.endsWith('.json'));

async function replay(text: string): Promise<void> {
  const history: unknown = JSON.parse(text);
  const code = await bundleOnce();
  await Worker.runReplayHistory(
    {
      workflowBundle: { code },
      sinks: {
        ledger: { record: { fn: () => undefined, callDuringReplay: false } },
        letters: { closed: { fn: () => undefined, callDuringReplay: false } },
      },
    },
    history,
  );
}

function textOf(file: string): string {
  return readFileSync(`${DIRECTORY}${file}`, 'utf8');
}

describe('executions that began under earlier code', () => {
  it.each(HISTORIES)('go on under this one: %s', async (file) => {
    await replay(textOf(file));
  });

  it('are among them that never looked for an ended run, and that did', () => {
    const instances = HISTORIES.filter((file) => file.startsWith('instance')).map(textOf);
    const looked = instances.filter((text) => text.includes('core_patch'));
    expect(looked.length).toBeGreaterThan(0);
    expect(looked.length).toBeLessThan(instances.length);
  });

  it.each([
    ['another activity', 'run-mid-retry.json', '"startTarget"', '"stopTarget"'],
    ['a timer too few', 'instance-mid-debounce.json', 'EVENT_TYPE_TIMER_STARTED', 'EVENT_TYPE_MARKER_RECORDED'],
    ['no local activity', 'instance-leading-edge.json', '"core_local_activity"', '"something_else"'],
    ['a place that nobody asks for', 'run-waiting.json', '"requestPlace"', '"startTarget"'],
    ['no branch that is looked for', 'run-fan-out-replayed.json', '"findBranches"', '"startTarget"'],
    ['another dead letter', 'run-dead-letter.json', '"openDeadLetters"', '"reportRun"'],
  ])('would not go on if the code did otherwise: %s', async (_what, file, from, to) => {
    const text = textOf(file);
    expect(text.includes(from)).toBe(true);
    await expect(replay(text.replaceAll(from, to))).rejects.toThrow();
  });
});
