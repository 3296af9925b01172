import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  proxySinks,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  type Sinks,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import { PROBE_DOOR, PROBE_TARGET } from '../src/contract/presets.ts';
import {
  isProbeSettings,
  type ProbeInput,
  type ProbeMemo,
  probeQuery,
  type ProbeSees,
  type ProbeSettings,
  probeSettingsSignal,
  probeUpdate,
} from '../src/contract/probes.ts';
import {
  afterProbe,
  type ProbedTarget,
  type ProbedWay,
  type ProbeRecord,
  type ProbeReport,
  probeReport,
} from '../src/core/probe.ts';
import { timeText } from './shell/text.ts';

/** Where probes are told outside of history: the log and the metrics. Best effort, never repeated on replay. */
type ProbeSinks = Sinks & { probes: { done: (report: ProbeReport) => void } };

const { probes } = proxySinks<ProbeSinks>();
const { probeDoor } = proxyActivities<Activities>({ ...PROBE_DOOR, summary: 'match an event, ask the instance' });

/** A probe is some twenty events of history, more with many targets. */
const PROBES_A_RUN_MAX = 100;
/** One that is wanted only when it is asked for ends if nobody asks. */
const ASKED_WITHIN_MS = 60_000;

/**
 * Probes a trigger: regularly where its definition says so, and whenever somebody asks; one probe at a time. A trigger
 * that is not probed regularly has one only while somebody asks.
 */
export async function probe(input: ProbeInput): Promise<void> {
  const prober = new Prober(input);
  setHandler(probeUpdate, () => prober.once());
  setHandler(probeSettingsSignal, (settings) => prober.hear(settings));
  setHandler(probeQuery, () => prober.memo());
  setDefaultSignalHandler((name) => log.error('a signal of an unknown name was left alone', { name }));
  if ((await prober.run()) === 'continue') await continueAsNew<typeof probe>(prober.carry());
}

class Prober {
  private readonly trigger: string;
  private settings: ProbeSettings;
  private record: ProbeRecord | undefined;
  private underWay: Promise<ProbeReport> | undefined;
  private readonly sinceAt = Date.now();
  private done = 0;
  /** Counts what moves the next probe. */
  private changes = 0;
  private shown = '';

  constructor({ trigger, settings, record }: ProbeInput) {
    this.trigger = trigger;
    this.settings = settings;
    this.record = record;
  }

  /** Probes until nobody wants it any more, or the history is long enough. */
  async run(): Promise<'over' | 'continue'> {
    for (;;) {
      this.show();
      if (this.mayContinue()) return 'continue';
      const dueAt = this.dueAt();
      if (dueAt === undefined) {
        const isOver = () => this.done > 0 && this.isIdle();
        const came = await condition(() => this.dueAt() !== undefined || isOver(), ASKED_WITHIN_MS);
        if (this.dueAt() === undefined && (isOver() || (!came && this.isIdle()))) {
          this.show();
          return 'over';
        }
      } else if (dueAt <= Date.now()) {
        await this.once();
      } else {
        const { changes } = this;
        const summary = `the next probe of ${this.trigger}`;
        await condition(() => this.changes !== changes || this.mayContinue(), dueAt - Date.now(), { summary });
      }
    }
  }

  /** Probes now, or joins the probe under way. */
  once(): Promise<ProbeReport> {
    this.underWay ??= this.probe().finally(() => {
      this.underWay = undefined;
      this.changes += 1;
    });
    return this.underWay;
  }

  hear(settings: unknown): void {
    if (!isProbeSettings(settings)) log.error('a signal was left alone', { name: probeSettingsSignal.name });
    else if (settings.loadedAt >= this.settings.loadedAt) this.settings = settings;
    this.changes += 1;
  }

  memo(): ProbeMemo {
    const { settings, record } = this;
    const dueAt = this.dueAt();
    return { settings, ...(record && { record }), ...(dueAt !== undefined && { dueAt }) };
  }

  carry(): ProbeInput {
    const { trigger, settings, record } = this;
    return { version: 1, trigger, settings, ...(record && { record }) };
  }

  /** At once where there was none yet; every probe moves the next one, whoever asked for it. */
  private dueAt(): number | undefined {
    const { everyMs } = this.settings;
    if (everyMs === undefined) return undefined;
    return this.record ? this.record.last.at + everyMs : this.sinceAt;
  }

  private isIdle(): boolean {
    return this.underWay === undefined && allHandlersFinished();
  }

  private mayContinue(): boolean {
    const isLong = this.done >= PROBES_A_RUN_MAX || workflowInfo().continueAsNewSuggested;
    return isLong && this.dueAt() !== undefined && this.isIdle();
  }

  private async probe(): Promise<ProbeReport> {
    const { trigger } = this;
    const at = Date.now();
    const door = await probeDoor({ trigger, at }).catch(whyNot);
    if (typeof door === 'string') return this.over(at, `No worker took it up: ${door}`, []);
    if (door.kind === 'gone') {
      this.settings = { loadedAt: this.settings.loadedAt };
      return this.over(at, 'No trigger of this name is loaded where the probe was taken up.', []);
    }
    const targets = await Promise.all(door.calls.map((call) => this.ask(call, door.sees)));
    return this.over(at, door.way, targets);
  }

  private over(at: number, way: ProbedWay | string, targets: readonly ProbedTarget[]): ProbeReport {
    const report = probeReport({ trigger: this.trigger, at, tookMs: Date.now() - at }, way, targets);
    this.record = afterProbe(this.record, report);
    this.done += 1;
    probes.done(report);
    return report;
  }

  private async ask(call: Pick<ProbedTarget, 'target' | 'at'>, sees: ProbeSees): Promise<ProbedTarget> {
    const { probeTarget } = proxyActivities<Activities>({ ...PROBE_TARGET, summary: `probe target ${call.target}` });
    const { trigger } = this;
    const answer = await probeTarget({ trigger, target: call.target, at: Date.now(), sees }).catch(whyNot);
    if (typeof answer !== 'string') return { ...call, ...answer };
    return { ...call, found: 'noAnswer', detail: `No worker answered: ${answer}` };
  }

  /** For people, and for the workers that measure it. */
  private show(): void {
    const memo = this.memo();
    const shown = JSON.stringify(memo);
    if (shown === this.shown) return;
    this.shown = shown;
    upsertMemo({ probe: memo });
    setCurrentDetails(detailsOf(this.trigger, memo));
  }
}

/** Why an activity has no answer. A cancellation of the workflow goes on. */
function whyNot(error: unknown): string {
  if (isCancellation(error)) throw error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function detailsOf(trigger: string, { record, dueAt }: ProbeMemo): string {
  const next = dueAt === undefined ? 'It is probed when somebody asks.' : `The next is due at ${timeText(dueAt)}.`;
  if (!record) return `\`${trigger}\` was not probed yet.`;
  const { misses, last } = record;
  const lines = [`**${last.ok ? 'Fine' : 'Missed'}** at ${timeText(last.at)}, ${last.tookMs} ms: ${last.conclusion}`];
  if (misses > 1) lines.push('', `**${misses} misses in a row.**`);
  return [...lines, '', next].join('\n');
}
