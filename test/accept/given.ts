import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { IncomingEvent } from '../../src/accept/outcome.ts';
import { type Definitions, formatFinding, loadDefinitions, type LoadedTrigger } from '../../src/load/load.ts';
import type { Json } from '../../src/spec/json.ts';

const TARGET = `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://pipelines.example/runs" } }
`;

/** Definitions loaded from the text of one file. */
export async function definitionsOf(text: string): Promise<Definitions> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-accept-'));
  try {
    await writeFile(join(directory, 'a.yaml'), text);
    const loaded = await loadDefinitions(directory, { now: () => 1_000 });
    if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
    return loaded.definitions;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The trigger `retrain` with these members of its spec, one a line; its target is called `train`. */
export async function triggerOf(...spec: readonly string[]): Promise<LoadedTrigger> {
  const run = spec.some((line) => line.startsWith('run:')) ? [] : ['run: { target: train }'];
  const lines = [...spec, ...run].map((line) => `  ${line}`).join('\n');
  const head = 'apiVersion: signalbox/v1\nkind: Trigger\nmetadata: { name: retrain, labels: { team: risk } }\nspec:\n';
  const { triggers } = await definitionsOf(`${head}${lines}\n${TARGET}`);
  const trigger = triggers.get('retrain');
  if (!trigger) throw new Error('not loaded');
  return trigger;
}

/** An event of this data, received at 5,000. */
export function incoming(data: Json, more: { readonly [attribute: string]: string } = {}): IncomingEvent {
  return {
    event: { specversion: '1.0', id: '1', source: '/s', type: 't', ...more, data },
    source: 'events',
    receivedAt: 5_000,
  };
}
