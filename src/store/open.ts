import type { LedgerPage } from '../core/ledger.ts';
import { createAsk } from './ask.ts';
import { Connection, type ConnectionState } from './connection.ts';
import type { Opened } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { type Gaps, gapsOf } from './gaps.ts';
import { openPostgres } from './postgres.ts';
import { entryReaders } from './read-entries.ts';
import { eventReaders } from './read-events.ts';
import { reasonReaders } from './read-reasons.ts';
import { runReaders } from './read-runs.ts';
import { startRetention } from './retention.ts';
import { actionRow, eventRow, pageRows } from './rows.ts';
import type { AcceptedEventRecord, ReasonReader, Store, StoreStatus } from './store.ts';
import { Writer, type WriterObserver } from './writer.ts';

/** Where the rows are: in a directory of ours, or in a PostgreSQL whose URL holds a password. */
export type StorePlace =
  | { readonly kind: 'embedded'; readonly directory: string }
  | { readonly kind: 'postgres'; readonly url: string };

export type StoreOptions = {
  readonly place: StorePlace;
  /** How long rows stay, in milliseconds. */
  readonly keepMs: number;
  /** An instance that knows of no earlier facts begins to count after a multiple of this, higher than it ever was. */
  readonly seqSpan: number;
  readonly observer: WriterObserver & { readonly state: (status: StoreStatus) => void };
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** A store with a database behind it. */
export type OpenStore = Store &
  ReasonReader & {
    readonly gaps: Gaps;
    /** What a history told again: the facts of a step, or of many, and events as they were pruned. Resolves when written. */
    restore(instance: string, page: LedgerPage, events: readonly AcceptedEventRecord[]): Promise<void>;
    /** Resolves when everything recorded until now is written, or was dropped. */
    flushed(): Promise<void>;
    /** Writes what waits, for a few seconds at most, and closes. */
    close(): Promise<void>;
  };

/** What waits at the end gets so long; what is lost then is found as a gap by the next process. */
const CLOSE_MS = 5_000;

/** Opens a store in the background: nothing waits for it, and what is recorded meanwhile waits in its backlog. */
export function openStore({ place, keepMs, seqSpan, observer, now }: StoreOptions): OpenStore {
  const connection = new Connection(
    () => open(place),
    (state) => observer.state(statusOf(place.kind, state)),
  );
  const writer = new Writer(connection, observer, now);
  const stopRetention = startRetention({ connection, keepMs, now, failed: observer.failed });
  const ask = createAsk(connection);
  return {
    recordAccepted: (events) => {
      for (const event of events) writer.add({ kind: 'event', row: eventRow(event, false) });
    },
    recordPage: (instance: string, page: LedgerPage) => writer.add({ kind: 'page', rows: pageRows(instance, page) }),
    recordAction: (action) => writer.add({ kind: 'action', row: actionRow(action) }),
    ...eventReaders(ask),
    ...entryReaders(ask),
    ...runReaders(ask),
    ...reasonReaders(ask, seqSpan),
    status: () => statusOf(place.kind, connection.state),
    gaps: gapsOf(connection, ask, seqSpan),
    restore: (instance, page, events) => {
      for (const event of events) writer.add({ kind: 'event', row: eventRow(event, true) });
      writer.add({ kind: 'page', rows: pageRows(instance, page) });
      return writer.flushed();
    },
    flushed: () => writer.flushed(),
    close: async () => {
      stopRetention();
      await writer.close(CLOSE_MS);
      await connection.close();
    },
  };
}

function open(place: StorePlace): Promise<Opened> {
  return place.kind === 'embedded' ? openEmbedded(place.directory) : openPostgres(place.url);
}

function statusOf(kind: StorePlace['kind'], state: ConnectionState): StoreStatus {
  switch (state.kind) {
    case 'ready':
      return { kind, state: 'ready', detail: kind === 'embedded' ? 'embedded' : 'PostgreSQL' };
    case 'opening':
      return { kind, state: 'opening', detail: 'The store is opening.' };
    case 'down':
      return { kind, state: 'down', detail: state.detail };
    case 'closed':
      return { kind, state: 'down', detail: 'The store is closed.' };
  }
}
