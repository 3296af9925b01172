import { canonicalJson } from '../match/canonical.ts';
import type { SelectorSpec } from '../spec/events.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { error, type Path, type Problem, warning } from './finding.ts';

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

/** Whether events of the trigger can have different keys. */
export function isKeyed(spec: TriggerSpec): boolean {
  return spec.key !== undefined || selectorsOf(spec).some(({ selector }) => selector.key !== undefined);
}

/** Selectors that take too much, nothing, or what can never meet. */
export function selectorProblems(spec: TriggerSpec): Problem[] {
  const selectors = selectorsOf(spec);
  return [
    ...selectors.flatMap(({ selector, path }) =>
      takesAll(selector) ? [warning(path, 'takes every event there is', 'Give it a pattern, a when or a source.')] : [],
    ),
    ...neverReached(selectors),
    ...neverMeeting(spec, selectors),
  ];
}

function takesAll({ pattern, when, source }: SelectorSpec): boolean {
  return pattern === undefined && when === undefined && source === undefined;
}

/** What a selector asks of an event, as text that is equal for equal questions. */
function questionOf({ pattern, when, source }: SelectorSpec): string {
  return canonicalJson([source ?? null, pattern ?? null, when ?? null]);
}

/** Selectors that an earlier one leaves nothing to; a part among them is never filled, so nothing could ever run. */
function neverReached(selectors: readonly PlacedSelector[]): Problem[] {
  return selectors.flatMap(({ selector, path, part }, index) => {
    const before = selectors.slice(0, index);
    const rival = before.find((it) => takesAll(it.selector) || questionOf(it.selector) === questionOf(selector));
    if (rival === undefined) return [];
    const name = `"${rival.path.at(-1)}"`;
    return part === undefined
      ? [warning(path, `is never reached: selector ${name} takes all of its events`, 'Remove it, or put it first.')]
      : [
          error(
            path,
            `is never filled: part ${name} takes all of its events`,
            'Ask for different events in each part.',
          ),
        ];
  });
}

/** Parts join by key, so either all of them have one or none. */
function neverMeeting({ events, key }: TriggerSpec, selectors: readonly PlacedSelector[]): Problem[] {
  if (!('all' in events) || key !== undefined) return [];
  const without = selectors.filter(({ selector }) => selector.key === undefined);
  if (without.length === 0 || without.length === selectors.length) return [];
  const message = 'has no key while another part has one: they join by key, so they never meet';
  return without.map(({ path }) => error(path, message, 'Give each part a key, or the trigger one for all.'));
}
