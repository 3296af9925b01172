import { expect, it } from 'vitest';

import { startedText } from '../../src/core/run-view.ts';

it('a run that goes on at its target says so, where to look, and what the target said', () => {
  const started = { kind: 'started', handle: null } as const;
  expect(startedText(started)).toBe('⏳ **It runs at its target.**');
  expect(startedText({ ...started, link: 'https://x.example/7', detail: 'queued' })).toBe(
    '⏳ **It runs at its target.** [Look at it there](https://x.example/7). queued',
  );
});
