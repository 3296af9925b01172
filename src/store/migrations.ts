import { sql as eventsEntriesRuns } from './migrations/0001-events-entries-runs.ts';
import { sql as replayedEvents } from './migrations/0002-replayed-events.ts';

export type Migration = { readonly name: string; readonly sql: string };

/** The migrations in their order, by name. A name never changes once it was released: databases remember it. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001-events-entries-runs', sql: eventsEntriesRuns },
  { name: '0002-replayed-events', sql: replayedEvents },
];
