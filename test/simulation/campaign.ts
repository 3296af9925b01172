import { type Course, World, type WorldName } from './world.ts';
import { TROUBLES, type Trouble } from './weather.ts';

/** How a simulation went: `broken` of the first trigger whose promises were not kept, in the shortest form found. */
export type Campaign = {
  readonly happened: number;
  readonly offered: number;
  readonly runs: number;
  readonly tookMs: number;
  readonly broken?: { readonly name: WorldName; readonly course: Course };
};

/** Lets the triggers of a simulation live, one after the other, until a promise is not kept. */
export function simulate(names: readonly WorldName[], now: () => number): Campaign {
  const startedAt = now();
  let happened = 0;
  let offered = 0;
  let runs = 0;
  for (const name of names) {
    const course = new World(name).live();
    happened += course.happened;
    offered += course.offered;
    runs += course.runs;
    const totals = { happened, offered, runs, tookMs: now() - startedAt };
    if (course.broken) return { ...totals, broken: shortened({ name, course }) };
  }
  return { happened, offered, runs, tookMs: now() - startedAt };
}

type Broken = { readonly name: WorldName; readonly course: Course };

/** The same with fewer troubles and fewer days, as long as it still breaks the same promise. */
function shortened(found: Broken): Broken {
  let broken = found;
  const attempt = (change: Partial<WorldName>) => {
    const name = { ...broken.name, ...change };
    const course = new World(name).live();
    if (course.broken && kindOf(course) === kindOf(broken.course)) broken = { name, course };
    return course.broken !== undefined;
  };
  for (const trouble of TROUBLES) {
    attempt({ without: new Set<Trouble>([...broken.name.without, trouble]) });
  }
  while (broken.name.days > 1 && attempt({ days: Math.floor(broken.name.days / 2) }));
  return broken;
}

/** The promise itself, without its numbers. */
function kindOf({ broken }: Course): string | undefined {
  return broken?.promise.split(':')[0];
}

/** What a person needs to see it again, and to understand it. */
export function brokenText({ name, course }: Broken): string {
  const { seed, trigger, days, without } = name;
  const left = without.size > 0 ? ` SIGNALBOX_SIM_WITHOUT=${[...without].join(',')}` : '';
  const replay = `SIGNALBOX_SIM_SEED=${seed} SIGNALBOX_SIM_ONLY=${trigger} SIGNALBOX_SIM_DAYS=${days}${left}`;
  return [
    course.broken?.promise,
    `replay: ${replay} npx vitest run --project fast test/simulation`,
    `definition: ${course.broken?.definition}`,
    ...(course.broken?.facts ?? []).map((fact) => JSON.stringify(fact, withoutSettings)),
  ].join('\n');
}

/** The definition is told once. */
function withoutSettings(name: string, value: unknown): unknown {
  return name === 'settings' || name === 'generation' ? undefined : value;
}
