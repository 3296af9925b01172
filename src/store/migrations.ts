import { sql as eventsEntriesRuns } from './migrations/0001-events-entries-runs.ts';

/** The migrations in their order, by name. A name never changes once it was released: databases remember it. */
export const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-events-entries-runs', sql: eventsEntriesRuns },
];
