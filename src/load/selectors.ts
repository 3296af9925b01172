import type { SelectorSpec } from '../spec/events.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import type { Path } from './finding.ts';

/** A selector of a trigger, its place in the document, and the part that its events fill. */
export type PlacedSelector = { readonly selector: SelectorSpec; readonly path: Path; readonly part?: string };

/** Every selector of a trigger, in the order they are tried. */
export function selectorsOf({ events }: Pick<TriggerSpec, 'events'>): PlacedSelector[] {
  const base: Path = ['spec', 'events'];
  if ('any' in events) return events.any.map((selector, index) => ({ selector, path: [...base, 'any', index] }));
  if (!('all' in events)) return [{ selector: events, path: base }];
  return Object.entries(events.all).map(([part, selector]) => ({ selector, path: [...base, 'all', part], part }));
}

/** The names of the parts that make one run together; none where one event is enough. */
export function partNames({ events }: Pick<TriggerSpec, 'events'>): readonly string[] {
  return 'all' in events ? Object.keys(events.all) : [];
}
