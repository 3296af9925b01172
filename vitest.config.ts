import { defineConfig } from 'vitest/config';

const pool = { pool: 'forks', isolate: false, maxWorkers: 2 } as const;

/** One after the other, for they share the cores. fast: pure code, no server. store: PGlite, and PostgreSQL where there is one. workflows: the time-skipping server. e2e: a real dev server with a file database. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...pool,
          name: 'fast',
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
          include: [
            'test/*.test.ts',
            'test/{core,spec,match,load,connectors,http,accept,observability,docs,examples,activities,cli,contract,explain,backtest,simulation,peers}/**/*.test.ts',
            'test/store/*.test.ts',
          ],
        },
      },
      {
        test: {
          ...pool,
          name: 'store',
          sequence: { groupOrder: 1 },
          include: ['test/store/database/**/*.test.ts'],
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...pool,
          name: 'workflows',
          sequence: { groupOrder: 2 },
          include: ['test/workflows/**/*.test.ts', 'test/replay/**/*.test.ts'],
          globalSetup: ['test/setup/time-skipping.ts'],
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...pool,
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['test/{e2e,chaos,temporal}/**/*.test.ts'],
          globalSetup: ['test/setup/dev-server.ts'],
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
