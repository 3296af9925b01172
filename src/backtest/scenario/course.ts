import type { ResolvedParams, RunInput } from '../../contract/messages.ts';
import { askOf } from '../../core/approval.ts';
import type { RunRequest } from '../../core/fact.ts';
import type { RunCourse, RunModel } from '../../core/simulate.ts';
import type { LoadedScenario } from '../../load/scenario.ts';
import type { Json } from '../../spec/json.ts';
import type { ScenarioAction } from '../../spec/scenario.ts';
import type { IdleAction } from './happened.ts';

/** Evaluates the parameters of a run, as its first activity does. */
export type ResolveRun = (input: RunInput) => ResolvedParams;

/** What a person does to a run. */
type Act = {
  readonly kind: 'approve' | 'reject' | 'cancel';
  readonly run?: number | undefined;
  readonly key?: string | undefined;
};
type Pending = { readonly index: number; readonly atMs: number; readonly act: Act };

/** How a run waits for a person: when that ends and what it comes to. */
type Wait = { readonly untilMs: number; readonly end: 'approve' | 'reject' | 'cancel' };

/** What an action does to one run; undefined for actions on the trigger. */
export function actOf(action: ScenarioAction): Act | undefined {
  if ('approve' in action) return { kind: 'approve', ...action.approve };
  if ('reject' in action) return { kind: 'reject', ...action.reject };
  return 'cancel' in action ? { kind: 'cancel', ...action.cancel } : undefined;
}

/**
 * How the runs of a scenario go: as `runs` says, changed by what people do to them and by what their own settings say.
 * Runs are asked about in the order in which they are decided, so an action finds the oldest run that it fits.
 */
export class Courses {
  /** By run id. */
  readonly params = new Map<string, Json>();
  readonly #scenario: LoadedScenario;
  readonly #resolve: ResolveRun;
  readonly #pending: Pending[];
  readonly #waits = new Map<string, number>();
  #count = 0;

  constructor(scenario: LoadedScenario, resolve: ResolveRun) {
    this.#scenario = scenario;
    this.#resolve = resolve;
    this.#pending = scenario.spec.actions
      .flatMap((action, index) => {
        const act = actOf(action);
        return act ? [{ index, atMs: action.at, act }] : [];
      })
      .toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Says how a run goes that starts now. A run id that was used in this scenario starts nothing. */
  readonly model: RunModel = (run, startedAt) => {
    if (this.#waits.has(run.runId)) return 'alreadyStarted';
    this.#count += 1;
    const atMs = startedAt - this.#scenario.startAt;
    this.#waits.set(run.runId, atMs);
    if (run.mode === 'shadow') return { takesMs: 0, status: 'succeeded' };
    const resolved = this.#resolve({ version: 1, trigger: this.#scenario.trigger.name, run });
    if (!resolved.ok) return { takesMs: 0, status: 'deadLettered' };
    this.params.set(run.runId, resolved.params);
    const number = this.#count;
    const wait = this.#waitOf(run, number, atMs, resolved.needsApproval ?? true);
    this.#waits.set(run.runId, wait?.untilMs ?? atMs);
    if (wait && wait.end !== 'approve') {
      const takesMs = wait.untilMs - atMs;
      return wait.end === 'reject' ? { takesMs, status: 'rejected' } : { takesMs, status: 'cancelled', began: false };
    }
    const course = this.#running(run, number, atMs, wait?.untilMs ?? atMs);
    return wait ? { ...course, approvedAfterMs: wait.untilMs - atMs } : course;
  };

  /** The runs that wait for a person at this moment. */
  waitingAt(atMs: number): ReadonlySet<string> {
    return new Set([...this.#waits].flatMap(([runId, untilMs]) => (untilMs > atMs ? [runId] : [])));
  }

  /** What nobody was there for. */
  idle(): readonly IdleAction[] {
    return this.#pending.map(({ index, atMs, act }) => ({ index, atMs, what: act.kind }));
  }

  #waitOf(run: RunRequest, number: number, atMs: number, needed: boolean): Wait | undefined {
    const ask = askOf(run, needed);
    if (!ask) return undefined;
    const timeoutMs = atMs + ask.timeoutMs;
    const answer = this.#take(run, number, atMs, timeoutMs, ['approve', 'reject', 'cancel']);
    if (answer) return { untilMs: answer.atMs, end: answer.act.kind };
    return { untilMs: timeoutMs, end: ask.onTimeout };
  }

  /** From `beginMs` on the target works; `atMs` is the start of the run, with its wait for a person. */
  #running(run: RunRequest, number: number, atMs: number, beginMs: number): RunCourse {
    const { runs } = this.#scenario.spec;
    const entries = Array.isArray(runs) ? runs : [runs];
    const { takes, result } = entries[Math.min(number, entries.length) - 1] ?? { takes: 0, result: 'succeeded' };
    const { timeoutMs } = run.settings;
    const isLate = takes > timeoutMs;
    const endMs = beginMs + Math.min(takes, timeoutMs);
    const cancel = this.#take(run, number, beginMs, endMs, ['cancel']);
    if (cancel) return { takesMs: cancel.atMs - atMs, status: 'cancelled' };
    return { takesMs: endMs - atMs, status: isLate ? 'timedOut' : result };
  }

  /** The first action of these kinds between two moments that means this run; it is used up. */
  #take(
    { key }: RunRequest,
    number: number,
    fromMs: number,
    beforeMs: number,
    kinds: readonly Act['kind'][],
  ): Pending | undefined {
    const found = this.#pending.findIndex(({ atMs, act }) => {
      const isMeant = (act.run ?? number) === number && (act.key ?? key) === key;
      return isMeant && kinds.includes(act.kind) && atMs >= fromMs && atMs < beforeMs;
    });
    return found < 0 ? undefined : this.#pending.splice(found, 1)[0];
  }
}
