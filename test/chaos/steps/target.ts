import type { JsonObject } from '../../../src/spec/json.ts';
import type { Answer, Call } from '../../e2e/recording-target.ts';

/** Looks at a pipeline that find it still going on. */
const LOOKS_RUNNING = 1;
/** A pipeline that calls back takes this long. */
const PIPELINE_MS = 200;
const AGAIN_MS = 200;

/** A call that changes something or tells somebody: which step of which trigger's run, and its token. */
export type Change = {
  readonly trigger: string;
  readonly step: string;
  readonly token: string;
  /** Its target knows no tokens. */
  readonly once: boolean;
};

type Order = (path: string, body: JsonObject) => Promise<number>;

/**
 * Everything outside of Signalbox that runs of the kinds touch: pipelines, a registry, health, people. It writes down
 * what it is asked to change before it answers, and answers one token always the same.
 */
export class Outside {
  /** In the order they came; repeated ones too. */
  readonly changes: Change[] = [];
  /** Step by trigger at which it stops answering. */
  readonly plan = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly begun = new Set<string>();
  private readonly looks = new Map<string, number>();
  private readonly step: (trigger: string, step: string, parked: boolean) => void;
  /** People and pipelines do their part until they are heard. */
  private readonly order: Order;
  private closed = false;

  constructor(step: Outside['step'], order: Order) {
    this.step = step;
    this.order = order;
  }

  readonly answer: Answer = (call, response) => {
    const [, trigger = '', name = ''] = call.path.split('/');
    const step = stepOf(call.body) ?? name;
    if (/^(sure|once)-/.test(name)) this.changed(trigger, step, call, name.startsWith('once-'));
    const count = (this.counts.get(`${trigger} ${step}`) ?? 0) + 1;
    this.counts.set(`${trigger} ${step}`, count);
    const full = `target: ${step} called ${count}`;
    const parked = this.plan.get(trigger) === full;
    this.step(trigger, full, parked);
    if (parked) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(this.answerOf(trigger, name)));
  };

  close(): void {
    this.closed = true;
  }

  private changed(trigger: string, step: string, { key: token, path, body }: Call, once: boolean): void {
    this.changes.push({ trigger, step, token, once });
    if (this.begun.has(token)) return;
    this.begun.add(token);
    if (path.endsWith('-caller')) void this.callBack(body);
    const { runId } = body;
    if (step !== 'approval' || typeof runId !== 'string') return;
    void this.untilHeard(() => this.order(`/v1/runs/${runId}/approve`, { by: 'a person' }));
  }

  private answerOf(trigger: string, name: string): JsonObject {
    if (name === 'current') return { running: 0 };
    if (name === 'evaluate') return { auc: 0.95 };
    if (name === 'metrics') return { errorRate: 0 };
    if (name !== 'look') return { ok: true };
    const looks = (this.looks.get(trigger) ?? 0) + 1;
    this.looks.set(trigger, looks);
    return { state: looks > LOOKS_RUNNING ? 'done' : 'running' };
  }

  private async callBack({ callback }: JsonObject): Promise<void> {
    const { url, token } = isObject(callback) ? callback : {};
    if (typeof url !== 'string' || typeof token !== 'string') return;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    await wait(PIPELINE_MS);
    await this.untilHeard(async () => {
      const said = await fetch(url, { method: 'POST', headers, body: '{"status":"succeeded"}' });
      return said.status;
    });
  }

  /** An answer that says it was heard, or that there is nothing to hear any more. */
  private async untilHeard(say: () => Promise<number>): Promise<void> {
    while (!this.closed) {
      const status = await say().catch(() => 0);
      if (status === 200 || status === 409) return;
      await wait(AGAIN_MS);
    }
  }
}

/** What a call is for, as its body says it: a step of its run, of which `of` tells alike ones apart. */
function stepOf({ step, params }: JsonObject): string | undefined {
  if (typeof step !== 'string') return undefined;
  return isObject(params) && typeof params['of'] === 'string' ? `${step}/${params['of']}` : step;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
