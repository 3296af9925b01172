import type { LoadedSelector, LoadedTrigger } from '../load/definitions.ts';
import { isObject } from '../match/json.ts';
import { explainPattern, type PatternProgress } from '../match/pattern.ts';
import { explainWhen, whenText } from '../match/when.ts';
import type { Json, JsonObject } from '../spec/json.ts';

/** What was asked of an event that a trigger did not take, up to the first thing it did not fit. */
export type NoMatch = {
  readonly trigger: string;
  /** The generation of the definition that was asked, now; the event may have come under another one. */
  readonly generation: string;
  /** Place of the clause in the trigger's spec, as an RFC 6901 pointer. */
  readonly pointer: string;
  readonly clause: 'source' | 'pattern' | 'when';
  /** One sentence with the values compared. */
  readonly sentence: string;
  /** Clauses the closest selector asks for, and how many of them the event fits. */
  readonly clauses: number;
  readonly held: number;
  /** Whether the trigger wants events of this type; `near`: of one that begins like it, or differs only in case. */
  readonly type: 'fits' | 'near' | 'unasked' | 'other';
};

/** An event as the matcher sees it, and the Source it came in through. */
export type Asked = { readonly source: string; readonly json: JsonObject };

/** Share of a wanted type with which the event's must begin to be near: `com.acme.file.created` and `….deleted`. */
const NEAR_SHARE = 0.6;
/** Nearest triggers an answer names: more would not be read. */
export const NEAREST_MAX = 5;

/** Why a trigger does not take an event, by the selector that comes closest; undefined where it takes it. */
export function whyNot(trigger: LoadedTrigger, asked: Asked): NoMatch | undefined {
  const context = { name: trigger.name, generation: trigger.generation, labels: trigger.labels };
  let closest: NoMatch | undefined;
  for (const selector of trigger.selectors) {
    const failed = failureOf(selector, asked, { event: asked.json, trigger: context });
    if (failed === undefined) return undefined;
    const { pointer, ...rest } = failed;
    const place = `${selector.places.selector}${pointer}`;
    const next: NoMatch = { trigger: trigger.name, generation: trigger.generation, pointer: place, ...rest };
    if (closest === undefined || byCloseness(next, closest) < 0) closest = next;
  }
  return closest;
}

/**
 * The triggers that came closest to taking an event none took: those that want its type first, then by the share of
 * clauses it fits. Triggers that it has nothing in common with are left out.
 */
export function nearestTriggers(triggers: Iterable<LoadedTrigger>, asked: Asked): readonly NoMatch[] {
  const near: NoMatch[] = [];
  for (const trigger of triggers) {
    const no = whyNot(trigger, asked);
    if (no !== undefined && (no.held > 0 || no.type === 'near')) near.push(no);
  }
  return near.toSorted(byCloseness).slice(0, NEAREST_MAX);
}

const TYPE_RANK = { fits: 0, near: 1, unasked: 2, other: 3 } as const;

function byCloseness(one: NoMatch, other: NoMatch): number {
  const share = ({ held, clauses }: NoMatch): number => held / Math.max(1, clauses);
  return (
    TYPE_RANK[one.type] - TYPE_RANK[other.type] ||
    share(other) - share(one) ||
    (one.trigger < other.trigger ? -1 : Number(one.trigger > other.trigger))
  );
}

type Failure = Omit<NoMatch, 'trigger' | 'generation'>;

function failureOf(
  selector: LoadedSelector,
  { source, json }: Asked,
  variables: { readonly [name: string]: Json },
): Failure | undefined {
  const progress = selector.pattern?.progress(json) ?? { clauses: 0, held: 0, failed: [] };
  const sourceFits = selector.source === undefined || selector.source === source;
  const clauses = progress.clauses + Number(selector.source !== undefined) + Number(selector.when !== undefined);
  const held = progress.held + Number(selector.source !== undefined && sourceFits);
  const far = { clauses, held, type: typeOf(selector, progress, json) };
  if (!sourceFits) {
    const sentence = `It came in through ${source}, the trigger takes what comes through ${selector.source}.`;
    return { ...far, clause: 'source', pointer: '/source', sentence };
  }
  const [failed] = progress.failed;
  if (failed) {
    const pointer = `/pattern${failed.pointer}`;
    return { ...far, clause: 'pattern', pointer, sentence: explainPattern(failed.reason) };
  }
  if (selector.when === undefined) return undefined;
  const evaluated = selector.when.evaluate(variables);
  // An expression that fails is a dead letter, no quiet no.
  if (!evaluated.ok || evaluated.value !== false) return undefined;
  return { ...far, clause: 'when', pointer: '/when', sentence: whenText(explainWhen(selector.when, variables)) };
}

function typeOf({ pattern }: LoadedSelector, { failed }: PatternProgress, { type }: JsonObject): NoMatch['type'] {
  if (!pattern?.reads.some((path) => path.length === 1 && path[0] === 'type')) return 'unasked';
  const reason = failed.map((clause) => clause.reason).find((it) => it.kind === 'value' && it.path === 'type');
  if (reason?.kind !== 'value') return 'fits';
  return typeof type === 'string' && reason.expected.some((entry) => isNear(entry, type)) ? 'near' : 'other';
}

/** Whether a wanted text, or the text inside a match object, begins like the type or differs in case only. */
function isNear(wanted: Json, type: string): boolean {
  const text = isObject(wanted) ? Object.values(wanted)[0] : wanted;
  if (typeof text !== 'string') return false;
  const [one, other] = [text.toLowerCase(), type.toLowerCase()];
  return one === other || other.startsWith(one.slice(0, Math.ceil(one.length * NEAR_SHARE)));
}
