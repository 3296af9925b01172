import { compilePattern } from '../match/pattern.ts';
import type { SelectorSpec } from '../spec/events.ts';
import { EMISSION_NAMES } from '../spec/emit.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { selectorsOf } from './selectors.ts';

/** The source name of events that runs emit. */
export const EMITTED_SOURCE = 'signalbox';

const REMEDY = 'Emit another type, or have one of their patterns not take it.';
const MAYBE_REMEDY = 'Make sure that a condition ends it: after 16 hops it ends as a dead letter.';

/** What is known of an emitted event before any run: the attributes that no expression makes. */
type Known = { readonly type: string; readonly source: string };
/** One event of a trigger, and where it is written. */
type Emitted = { readonly event: Known; readonly path: Path };
/** A trigger whose runs emit something, and thereby may start others that do. */
type Link = {
  readonly name: string;
  readonly emitted: readonly Emitted[];
  readonly selectors: readonly Taking[];
};
/** Whether a selector takes an event, by what is known; `maybe` where more than that is asked. */
type Taking = (event: Known) => 'no' | 'maybe' | 'yes';
/** From an emission to the trigger that takes it. */
type Edge = { readonly to: Link; readonly path: Path };

/**
 * Triggers whose events lead back to them, by trigger: refused where nothing but type and source is asked on the way,
 * warned of where a condition might end it. What an expression makes of a type is not seen.
 */
export function cycleProblems(
  triggers: Iterable<{ readonly name: string; readonly spec: TriggerSpec }>,
): ReadonlyMap<string, readonly Problem[]> {
  const links = [...triggers].flatMap(({ name, spec }) => linkOf(name, spec));
  const sure = cyclesIn(links, ['yes']);
  const found = sure.length > 0 ? sure : cyclesIn(links, ['yes', 'maybe']);
  const finding = sure.length > 0 ? error : warning;
  const problems = new Map<string, Problem[]>();
  for (const { names, path } of found) {
    const [first = ''] = names;
    const may = sure.length > 0 ? 'goes' : 'may go';
    const message = `${may} round for ever: ${[...names, first].join(' → ')}`;
    const problem = finding(path, message, sure.length > 0 ? REMEDY : MAYBE_REMEDY);
    problems.set(first, [...(problems.get(first) ?? []), problem]);
  }
  return problems;
}

function linkOf(name: string, spec: TriggerSpec): Link[] {
  const { emit, mode, events } = spec;
  if (!emit || mode === 'shadow') return [];
  const emitted = EMISSION_NAMES.flatMap((one): Emitted[] => {
    const type = emit[one]?.type;
    if (type === undefined || type.includes('${{')) return [];
    return [{ event: { type, source: `/signalbox/${name}` }, path: ['spec', 'emit', one, 'type'] }];
  });
  const needsMore = 'all' in events;
  return [{ name, emitted, selectors: selectorsOf(spec).map(({ selector }) => takingOf(selector, needsMore)) }];
}

/** `needsMore`: it takes an event of each of several selectors to start a run. */
function takingOf({ source, pattern = {}, when }: SelectorSpec, needsMore: boolean): Taking {
  const { type, source: origin, ...others } = pattern;
  const asked = { ...(type !== undefined && { type }), ...(origin !== undefined && { source: origin }) };
  const takesAny = Object.keys(asked).length === 0;
  const compiled = compilePattern(asked);
  const mayCome = source === undefined || source === EMITTED_SOURCE;
  const yes = needsMore || when !== undefined || Object.keys(others).length > 0 ? 'maybe' : 'yes';
  return (event) => {
    if (!mayCome) return 'no';
    if (takesAny) return yes;
    return compiled.ok && compiled.pattern.mayMatchType(event.type) && compiled.pattern.matches(event) ? yes : 'no';
  };
}

type Cycle = { readonly names: readonly string[]; readonly path: Path };
type Step = { readonly link: Link; readonly edges: readonly Edge[]; next: number };

/** One cycle for each way back that a walk over all links meets; each link is walked once. */
function cyclesIn(links: readonly Link[], by: readonly string[]): readonly Cycle[] {
  const done = new Set<Link>();
  const cycles: Cycle[] = [];
  for (const start of links) {
    const way: Step[] = done.has(start) ? [] : [{ link: start, edges: edgesOf(start, links, by), next: 0 }];
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const edge = step.edges[step.next];
      step.next += 1;
      if (edge === undefined) {
        done.add(step.link);
        way.pop();
        continue;
      }
      const at = way.findIndex(({ link }) => link === edge.to);
      const [first] = way.slice(Math.max(at, 0));
      if (at !== -1 && first) {
        const path = first.edges[first.next - 1]?.path ?? edge.path;
        cycles.push({ names: way.slice(at).map(({ link }) => link.name), path });
      } else if (!done.has(edge.to)) way.push({ link: edge.to, edges: edgesOf(edge.to, links, by), next: 0 });
    }
  }
  return cycles;
}

function edgesOf({ emitted }: Link, links: readonly Link[], by: readonly string[]): readonly Edge[] {
  return emitted.flatMap(({ event, path }) =>
    links.filter(({ selectors }) => selectors.some((takes) => by.includes(takes(event)))).map((to) => ({ to, path })),
  );
}
