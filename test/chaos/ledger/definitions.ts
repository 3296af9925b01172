import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Starts of runs of one key keep this distance, in the triggers with a cooldown. */
const COOLDOWN_MS = 3_000;

/** A trigger of the flood: which of its events get into runs, and how far apart its runs are. */
export type FloodTrigger = {
  readonly name: string;
  readonly keys: number;
  /** Share of the flood's events that are meant for it alone. */
  readonly share: number;
  /** Windows and holds that let go of events say so by these stages; undefined where every event is in a run. */
  readonly suppresses?: 'debounce' | 'cooldown';
  readonly cooldownMs?: number;
  readonly spec: string;
};

/** One trigger for every way in which an event can wait, or not. */
export const TRIGGERS: readonly FloodTrigger[] = [
  { name: 'each', keys: 3, share: 0.05, spec: '' },
  { name: 'burst', keys: 8, share: 0.5, spec: 'debounce: { quiet: 600ms, maxWait: 2s }' },
  {
    name: 'paced',
    keys: 4,
    share: 0.25,
    cooldownMs: COOLDOWN_MS,
    spec: `debounce: { quiet: 300ms, maxWait: 1s }\n  cooldown: { period: ${COOLDOWN_MS}ms, onExcess: hold }`,
  },
  {
    name: 'edge',
    keys: 3,
    share: 0.1,
    suppresses: 'debounce',
    spec: 'debounce: { quiet: 400ms, maxWait: 2s, edge: leading }',
  },
  {
    name: 'spaced',
    keys: 3,
    share: 0.1,
    suppresses: 'cooldown',
    cooldownMs: COOLDOWN_MS,
    spec: `cooldown: { period: ${COOLDOWN_MS}ms, onExcess: drop }`,
  },
];

/** Events of this type are for every trigger that gathers. */
export const SHARED_TYPE = 'flood.shared';
/** Triggers that take them. */
export const SHARING: readonly string[] = ['burst', 'paced'];

/** Writes the definitions of the flood; the target honours the run id as a token. */
export function writeDefinitions(directory: string, targetUrl: string): void {
  const documents = [
    `kind: Target\nmetadata: { name: record }\nspec: { http: { url: '${targetUrl}/start', timeout: 5s }, onUnknown: retry }`,
    ...TRIGGERS.map(triggerDocument),
  ];
  const text = documents.map((document) => `apiVersion: signalbox/v1\n${document}\n`).join('---\n');
  writeFileSync(join(directory, 'flood.yaml'), text);
}

function triggerDocument({ name, spec }: FloodTrigger): string {
  const types = [`flood.${name}`, ...(SHARING.includes(name) ? [SHARED_TYPE] : [])];
  return `kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${types.join(', ')}] }, when: "event.data.number >= 0" }
  key: "\${{ event.data.key }}"
  collect: "\${{ event.id }}"
  ${spec}
  run:
    target: record
    params: { ids: "\${{ items }}" }
    retry: { delays: [${Array.from({ length: 12 }, () => '1s').join(', ')}] }
    timeout: 30s`;
}
