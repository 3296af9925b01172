import { compileExpression, type Expression } from '../match/expression.ts';
import type { JsonObject } from '../spec/json.ts';
import type { BaselineResult, LiveResult, Report, Result, Spread } from './report.ts';

/** What `--fail-if` sees. */
const VARIABLES = [
  'runs',
  'cost',
  'suppressed',
  'deadLetters',
  'pending',
  'staleness',
  'baseline',
  'live',
  'triggers',
] as const;

/** Compiles a condition over a report, in bare CEL. */
export function compileFailIf(
  source: string,
): { readonly ok: true; readonly condition: Expression } | { readonly ok: false; readonly message: string } {
  const compiled = compileExpression(source, VARIABLES);
  return compiled.ok ? { ok: true, condition: compiled.expression } : compiled;
}

/** Whether the condition holds of a report; a message where it cannot be told. */
export function holdsOf(
  condition: Expression,
  { totals, triggers }: Report,
): { readonly ok: true; readonly holds: boolean } | { readonly ok: false; readonly message: string } {
  const named = triggers.map((one) => [one.name, figuresOf(one)] as const);
  const evaluated = condition.evaluate({ ...figuresOf(totals), triggers: Object.fromEntries(named) });
  if (!evaluated.ok) return evaluated;
  if (typeof evaluated.value === 'boolean') return { ok: true, holds: evaluated.value };
  return { ok: false, message: `it gave ${JSON.stringify(evaluated.value)}, expected true or false` };
}

type Figures = Result & { readonly baseline?: BaselineResult; readonly live?: LiveResult };

/** Staleness is in seconds here, so that conditions can be read: `staleness.p95 > 3600`. */
function figuresOf({ baseline, live, ...own }: Figures): JsonObject {
  return {
    ...sideOf(own),
    ...(baseline && {
      baseline: {
        runs: baseline.runs,
        emptyRuns: baseline.emptyRuns,
        ...costOf(baseline),
        staleness: secondsOf(baseline.staleness),
        saved: { ...baseline.saved },
      },
    }),
    ...(live && { live: { ...sideOf(live), gained: live.gained, lost: live.lost } }),
  };
}

function sideOf(result: Result): JsonObject {
  const { runs, suppressed, deadLetters, pending, staleness } = result;
  return { runs, ...costOf(result), suppressed, deadLetters, pending, staleness: secondsOf(staleness) };
}

function costOf({ cost }: { readonly cost?: number }): { readonly cost?: number } {
  return cost === undefined ? {} : { cost };
}

function secondsOf({ p50Ms, p95Ms }: Spread): JsonObject {
  return { p50: p50Ms / 1_000, p95: p95Ms / 1_000 };
}
