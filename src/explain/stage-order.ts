import type { StageName } from '../core/reason.ts';
import type { Definition } from '../spec/definition.ts';

/** Every stage in the order an event goes through them; `run` is the run itself. */
const ORDER: readonly StageName[] = [
  'dedupe',
  'freshness',
  'order',
  'correlate',
  'threshold',
  'debounce',
  'batch',
  'pause',
  'hours',
  'cooldown',
  'rate',
  'concurrency',
  'breaker',
  'run',
];

/** The stages a definition declares, in order, and those in `seen`, which an earlier definition may have had. */
export function stagesOf(definition: Definition | undefined, seen: ReadonlySet<StageName>): readonly StageName[] {
  return ORDER.filter((stage) => seen.has(stage) || (definition !== undefined && declares(definition, stage)));
}

function declares(definition: Definition, stage: StageName): boolean {
  switch (stage) {
    case 'dedupe':
    case 'run':
      return true;
    case 'pause':
      return false;
    case 'freshness':
    case 'order':
    case 'correlate':
    case 'threshold':
    case 'debounce':
    case 'batch':
    case 'hours':
    case 'cooldown':
    case 'rate':
    case 'concurrency':
    case 'breaker':
      return definition[stage] !== undefined;
  }
}
