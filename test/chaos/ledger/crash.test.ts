import { expect, inject, onTestFinished, test } from 'vitest';

import { report } from '../../setup/provided.ts';
import { floodWhile, settled, summary } from './books.ts';
import { violations } from './oracle.ts';
import { random } from './random.ts';
import { System } from './system.ts';

const SEED = 11;
/** A run of one event is started within the task that decides it, what a window gathered by an activity after it. */
const CRASHES = ['burst', 'each', 'burst', 'each'];
const TEST_TIMEOUT_MS = 240_000;

test(
  'a worker that dies right after a start decides no event into a second run',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const system = new System(inject('temporal').bin);
    onTestFinished(({ task }) => system.stop(task.result?.state === 'fail'));
    await system.start(random(SEED, 0));

    const ends: (number | NodeJS.Signals)[] = [];
    const books = await floodWhile(system, random(SEED, 1), async () => {
      for (const trigger of CRASHES) ends.push(await system.crashAfterStart(trigger));
    });
    report(`crash after start: ${summary(books)}`);

    expect(ends).toEqual(CRASHES.map(() => 'SIGKILL'));
    expect(settled(books)).toEqual([]);
    expect(violations(books.evidence)).toEqual([]);
  },
);
