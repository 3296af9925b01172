import type { WriteItem } from './statements.ts';

/** Rows that wait while the database is slow or away: minutes of usual traffic, seconds of a flood. */
export const BACKLOG_ROWS_MAX = 50_000;
/** Bytes that wait: the rest of the service must not feel it. */
const BACKLOG_BYTES_MAX = 64 * 1_024 * 1_024;
/** Events fill at most this share: bodies are best effort, what was decided keeps its room. */
const EVENTS_SHARE = 0.75;
/** What a row weighs besides its texts. */
const ROW_OVERHEAD_BYTES = 400;

type Queued = { readonly item: WriteItem; readonly rows: number; readonly bytes: number; readonly at: number };

/** What waits to be written, in order, bounded by rows and bytes. */
export class Backlog {
  #queue: Queued[] = [];
  /** Where the queue begins; what was taken is cut off now and then, not each time. */
  #from = 0;
  #rows = 0;
  #bytes = 0;

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest came, epoch milliseconds. */
  get oldestAt(): number | undefined {
    return this.#queue[this.#from]?.at;
  }

  /** False where there is no room; then nothing was added. */
  add(item: WriteItem, at: number): boolean {
    const rows = rowsOf(item);
    const bytes = bytesOf(item);
    const share = item.kind === 'event' ? EVENTS_SHARE : 1;
    if (this.#rows + rows > BACKLOG_ROWS_MAX * share && this.#rows > 0) return false;
    if (this.#bytes + bytes > BACKLOG_BYTES_MAX * share) return false;
    this.#queue.push({ item, rows, bytes, at });
    this.#rows += rows;
    this.#bytes += bytes;
    return true;
  }

  /** The first items, up to so many rows and bytes, but at least one; they stay until they are removed. */
  peek(rowsMax: number, bytesMax: number): readonly WriteItem[] {
    const items: WriteItem[] = [];
    let rows = 0;
    let bytes = 0;
    for (let index = this.#from; index < this.#queue.length; index += 1) {
      const queued = this.#queue[index];
      if (!queued) break;
      rows += queued.rows;
      bytes += queued.bytes;
      if (items.length > 0 && (rows > rowsMax || bytes > bytesMax)) break;
      items.push(queued.item);
    }
    return items;
  }

  /** Removes the first `count` items. */
  remove(count: number): void {
    for (let removed = 0; removed < count; removed += 1) {
      const queued = this.#queue[this.#from];
      if (!queued) return;
      this.#rows -= queued.rows;
      this.#bytes -= queued.bytes;
      this.#from += 1;
    }
    if (this.#from * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#from);
    this.#from = 0;
  }
}

/** Rows that an item becomes. */
export function rowsOf(item: WriteItem): number {
  return item.kind === 'page' ? Math.max(1, item.rows.entries.length) : 1;
}

function bytesOf(item: WriteItem): number {
  switch (item.kind) {
    case 'event':
      return ROW_OVERHEAD_BYTES + item.row.body.length + item.row.failed.length;
    case 'action':
      return ROW_OVERHEAD_BYTES + item.row.record.length;
    case 'page':
      return item.rows.entries.reduce((sum, entry) => {
        const ids = entry.event_ids?.length ?? 0;
        return sum + ROW_OVERHEAD_BYTES + entry.more.length + (entry.detail?.length ?? 0) + ids * 32;
      }, ROW_OVERHEAD_BYTES);
  }
}
