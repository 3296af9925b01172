import type { ResolvedParams, RunInput } from '../../contract/messages.ts';
import { askOf } from '../../core/approval.ts';
import type { RunReport, RunRequest } from '../../core/fact.ts';
import type { RunCourse, RunModel } from '../../core/simulate.ts';
import type { LoadedScenario } from '../../load/scenario.ts';
import type { Json } from '../../spec/json.ts';
import type { ScenarioAction } from '../../spec/scenario.ts';

/** Evaluates the parameters of a run, as its first activity does. */
export type ResolveRun = (input: RunInput) => ResolvedParams;

/** What a person does to a run. */
export type Act = {
  readonly kind: 'approve' | 'reject' | 'cancel';
  readonly run?: number | undefined;
  readonly key?: string | undefined;
};

/** A run of the scenario. Moments count from its start. */
type Going = {
  readonly key: string;
  readonly number: number;
  /** How it goes once its target is called. */
  readonly course: RunCourse;
  /** When a person has answered it; the moment of its start where none is asked, Infinity where none will let it go on. */
  beginsAtMs: number;
  /** How it ended, once it has. */
  end?: RunReport;
};

/** What an action does to one run; undefined for actions on the trigger. */
export function actOf(action: ScenarioAction): Act | undefined {
  if ('approve' in action) return { kind: 'approve', ...action.approve };
  if ('reject' in action) return { kind: 'reject', ...action.reject };
  return 'cancel' in action ? { kind: 'cancel', ...action.cancel } : undefined;
}

/** How the runs of a scenario go: as `runs` says, and as people answer or end them. */
export class Courses {
  /** By run id. */
  readonly params = new Map<string, Json>();
  readonly #scenario: LoadedScenario;
  readonly #resolve: ResolveRun;
  readonly #going = new Map<string, Going>();

  constructor(scenario: LoadedScenario, resolve: ResolveRun) {
    this.#scenario = scenario;
    this.#resolve = resolve;
  }

  /** Says how a run goes that starts now. A run id that was used in this scenario starts nothing. */
  readonly model: RunModel = (run, startedAt) => {
    if (this.#going.has(run.runId)) return 'alreadyStarted';
    const atMs = startedAt - this.#scenario.startAt;
    const number = this.#going.size + 1;
    const resolved = this.#resolve({ version: 1, trigger: this.#scenario.trigger.name, run });
    const course = this.#courseOf(run, number, resolved);
    const going: Going = { key: run.key, number, course, beginsAtMs: atMs };
    this.#going.set(run.runId, going);
    if (run.mode === 'shadow' || !resolved.ok) return course;
    this.params.set(run.runId, resolved.params);
    const ask = askOf(run, resolved.needsApproval ?? true);
    if (!ask) return course;
    const { timeoutMs, onTimeout } = ask;
    going.beginsAtMs = onTimeout === 'approve' ? atMs + timeoutMs : Infinity;
    if (onTimeout === 'reject') return { takesMs: timeoutMs, status: 'rejected' };
    return { ...course, takesMs: timeoutMs + course.takesMs, approvedAfterMs: timeoutMs };
  };

  /** A run has ended; nobody can act on it any more. */
  ended(report: RunReport): void {
    const going = this.#going.get(report.runId);
    if (going) going.end ??= report;
  }

  /** How a run of this scenario ended, as who looks for it finds out. */
  readonly endOf = (runId: string): RunReport | undefined => {
    const end = this.#going.get(runId)?.end;
    if (!end) return undefined;
    const { key, status, endedAt } = end;
    return { runId, key, status, ...(endedAt !== undefined && { endedAt }) };
  };

  /** The oldest run that an action means, and how it goes from now on; undefined where there is none. */
  act({ kind, run, key }: Act, atMs: number): { readonly runId: string; readonly course: RunCourse } | undefined {
    for (const [runId, going] of this.#going) {
      const isMeant = (run ?? going.number) === going.number && (key ?? going.key) === going.key;
      const fits = kind === 'cancel' || going.beginsAtMs > atMs;
      if (!isMeant || going.end || !fits) continue;
      if (kind === 'cancel') return { runId, course: { takesMs: 0, status: 'cancelled' } };
      if (kind === 'reject') return { runId, course: { takesMs: 0, status: 'rejected' } };
      going.beginsAtMs = atMs;
      return { runId, course: { ...going.course, approvedAfterMs: 0 } };
    }
    return undefined;
  }

  /** The runs that wait for a person at this moment. */
  waitingAt(atMs: number): ReadonlySet<string> {
    const waiting = [...this.#going].filter(([, { end, beginsAtMs }]) => !end && beginsAtMs > atMs);
    return new Set(waiting.map(([runId]) => runId));
  }

  #courseOf({ mode, settings }: RunRequest, number: number, resolved: ResolvedParams): RunCourse {
    if (mode === 'shadow') return { takesMs: 0, status: 'succeeded' };
    if (!resolved.ok) return { takesMs: 0, status: 'deadLettered' };
    const { runs } = this.#scenario.spec;
    const entries = Array.isArray(runs) ? runs : [runs];
    const { takes, result } = entries[Math.min(number, entries.length) - 1] ?? { takes: 0, result: 'succeeded' };
    const isLate = takes > settings.timeoutMs;
    return isLate ? { takesMs: settings.timeoutMs, status: 'timedOut' } : { takesMs: takes, status: result };
  }
}
