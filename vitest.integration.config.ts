import { defineConfig } from 'vitest/config';

/** Against real servers, which each file installs and starts for itself, one file after the other. Not part of `npm test`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          // The first start of a file installs its server: several hundred megabytes from a package registry.
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
