import { SHARED_TYPE, SHARING, TRIGGERS } from './definitions.ts';
import type { Random } from './random.ts';

/** One event of the flood, as it is sent. */
export type FloodEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: 'urn:flood';
  readonly type: string;
  readonly data: { readonly key: string; readonly number: number | string; readonly copy: number };
};

const DUPLICATES = 0.06;
const CONFLICTS = 0.02;
/** Events that no trigger's condition can be evaluated on. */
const UNREADABLE = 0.01;
const SHARED = 0.1;
const BATCHES = 0.1;
const BATCH_MAX = 20;

/** Makes numbered events, and now and then one again that was acknowledged, as it was or with another body. */
export class Traffic {
  /** Numbered events made so far. */
  made = 0;
  private readonly draw: Random;
  private readonly acknowledged: FloodEvent[] = [];

  constructor(draw: Random) {
    this.draw = draw;
  }

  /** The events of one request. */
  request(): readonly FloodEvent[] {
    const size = this.draw.chance(BATCHES) ? 2 + this.draw.below(BATCH_MAX - 1) : 1;
    return Array.from({ length: size }, () => this.event());
  }

  /** From now on these may come again. */
  acknowledge(events: readonly FloodEvent[]): void {
    this.acknowledged.push(...events);
  }

  private event(): FloodEvent {
    const known = this.acknowledged[this.draw.below(this.acknowledged.length + 1)];
    const dice = this.draw.next();
    if (known && dice < DUPLICATES) return known;
    if (known && dice < DUPLICATES + CONFLICTS) return { ...known, data: { ...known.data, copy: known.data.copy + 1 } };
    return this.numbered();
  }

  private numbered(): FloodEvent {
    const number = this.made;
    this.made += 1;
    const type = this.draw.chance(SHARED) ? SHARED_TYPE : `flood.${this.triggerName()}`;
    const keys = TRIGGERS.find(({ name }) => type === `flood.${name}`)?.keys ?? 4;
    const data = {
      key: `key-${this.draw.below(keys)}`,
      number: this.draw.chance(UNREADABLE) ? 'unreadable' : number,
      copy: 0,
    };
    return { specversion: '1.0', id: `e${number}`, source: 'urn:flood', type, data };
  }

  private triggerName(): string {
    let rest = this.draw.next();
    for (const { name, share } of TRIGGERS) {
      rest -= share;
      if (rest < 0) return name;
    }
    return TRIGGERS[0]?.name ?? '';
  }
}

/** The triggers an event is for. */
export function triggersOf({ type }: FloodEvent): readonly string[] {
  return type === SHARED_TYPE ? SHARING : [type.slice('flood.'.length)];
}
