import { explain } from '../../core/explain.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Arrival, Happened } from './happened.ts';
import { momentText } from './moment-text.ts';

/** Lines of a story that are told: enough to see what happened, short enough to read. */
const LINES_MAX = 60;
/** Events named in one line. */
const NAMES_MAX = 3;

/** Lines of one sort in a row; more are told as a number. */
const SAME_SORT_MAX = 3;

/** `sort` is equal for lines that say the same of different events. */
type Line = { readonly atMs: number; readonly text: string; readonly sort: string };

/** What happened in a scenario, in order, one line each: the moment and what became of an event or a run. */
export function storyOf({ arrivals, entries, startAt }: Happened): readonly string[] {
  const teller = new Teller(arrivals, startAt);
  const lines = [
    ...arrivals.flatMap((arrival) => teller.arrival(arrival)),
    ...entries.flatMap((it) => teller.entry(it)),
  ];
  const inOrder = shortened(lines.toSorted((a, b) => a.atMs - b.atMs));
  const width = Math.max(...inOrder.slice(0, LINES_MAX).map(({ atMs }) => momentText(atMs).length), 0);
  const told = inOrder.slice(0, LINES_MAX).map(({ atMs, text }) => `${momentText(atMs).padEnd(width)}  ${text}`);
  const more = inOrder.length - told.length;
  return more > 0 ? [...told, `and ${more} more lines`] : told;
}

/** Leaves out the middle of a long row of lines of one sort, and says so. */
function shortened(lines: readonly Line[]): readonly Line[] {
  const rows: Line[][] = [];
  for (const line of lines) {
    const row = rows.at(-1);
    if (row?.[0]?.sort === line.sort) row.push(line);
    else rows.push([line]);
  }
  return rows.flatMap((row) => {
    const last = row.at(-1);
    const left = row.length - SAME_SORT_MAX - 1;
    if (left < 1 || last === undefined) return row;
    const shown = row.slice(0, SAME_SORT_MAX);
    return [...shown, { ...last, text: `… ${left} more like this` }, last];
  });
}

class Teller {
  readonly #names: ReadonlyMap<string, string>;
  readonly #startAt: number;
  readonly #runs = new Map<string, number>();

  constructor(arrivals: readonly Arrival[], startAt: number) {
    this.#names = new Map(arrivals.map(({ eventId, event }) => [eventId, event.id]));
    this.#startAt = startAt;
  }

  /** What the accepting side said, where it did not hand the event on. */
  arrival({ atMs, event, became }: Arrival): readonly Line[] {
    const name = JSON.stringify(event.id);
    if (became.kind === 'noMatch') {
      return [{ atMs, text: `event ${name} is not one the trigger takes: ${became.why}`, sort: 'noMatch' }];
    }
    if (became.kind === 'offer') return [];
    const { code, pointer, detail } = became;
    const text = `event ${name} became a dead letter: ${code} at ${pointer}: ${detail}`;
    return [{ atMs, text, sort: `failed ${pointer}` }];
  }

  entry(entry: LedgerEntry): readonly Line[] {
    const text = this.#text(entry);
    const { at, kind, stage = '', reason = '', runId = '' } = entry;
    return text === undefined ? [] : [{ atMs: at - this.#startAt, text, sort: [kind, stage, reason, runId].join(' ') }];
  }

  #text(entry: LedgerEntry): string | undefined {
    const { kind, stage = '', runId = '', detail = '', key = '', reason = '' } = entry;
    const by = entry.by === undefined ? '' : ` by ${entry.by}`;
    switch (kind) {
      case 'collected':
        return `${this.#events(entry)} ${this.#verb(entry, 'waits', 'wait')} in ${stage}${this.#until(entry)}`;
      case 'suppressed':
        return `${this.#events(entry)} suppressed by ${stage}${this.#why(entry)}`;
      case 'deadLettered':
        return `${this.#events(entry)} became a dead letter: ${reason}${this.#why(entry)}`;
      case 'kept':
        return `${this.#events(entry)} kept${this.#why(entry)}`;
      case 'waiting':
        return `${this.#events(entry)} of key ${JSON.stringify(key)} held by ${stage}${this.#until(entry)}${this.#why(entry)}`;
      case 'runDecided':
        return `run ${this.#number(runId)} decided: cause ${detail}, key ${JSON.stringify(key)}, ${this.#events(entry)}`;
      case 'startReported':
        return detail === 'started' ? undefined : `run ${this.#number(runId)} not started: ${detail}`;
      case 'runEnded':
        return `run ${this.#number(runId)} ${detail}`;
      case 'runApproved':
        return `run ${this.#number(runId)} approved${by}`;
      case 'definitionAdopted':
      case 'recovered':
        return undefined;
      case 'paused':
      case 'resumed':
      case 'fired':
      case 'replayed':
      case 'breaker':
        return `${[kind, detail, key].filter((word) => word !== '').join(' ')}${by}`;
    }
  }

  #number(runId: string): number {
    const number = this.#runs.get(runId) ?? this.#runs.size + 1;
    this.#runs.set(runId, number);
    return number;
  }

  #events({ eventIds = [], eventCount = 0 }: LedgerEntry): string {
    if (eventCount > NAMES_MAX || eventIds.length < eventCount) return `${eventCount} events`;
    if (eventCount === 0) return 'no events';
    const names = eventIds.map((id) => JSON.stringify(this.#names.get(id) ?? id)).join(', ');
    return `${eventCount === 1 ? 'event' : 'events'} ${names}`;
  }

  #verb({ eventCount = 0 }: LedgerEntry, one: string, many: string): string {
    return eventCount === 1 ? one : many;
  }

  #until({ dueAt }: LedgerEntry): string {
    return dueAt === undefined ? '' : ` until ${this.#moment(dueAt)}`;
  }

  #why({ why }: LedgerEntry): string {
    return why === undefined ? '' : `: ${explain(why, (at) => this.#moment(at))}`;
  }

  #moment(at: number): string {
    return momentText(at - this.#startAt);
  }
}
