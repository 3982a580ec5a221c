import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** They time what they do, or load the machine: each has it for itself. */
const alone = ['burst', 'churn', 'cold-start', 'events', 'hostile', 'leader', 'status'].map(
  (name) => `test/cluster/${name}.test.ts`,
);

/** Run through `npm run test:cluster`, which makes the network that these tests live in. Each file has a cluster of its own. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    pool: 'forks',
    testTimeout: 240_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          ...{ name: 'together', include: ['test/cluster/**/*.test.ts'], exclude: alone },
          ...{ maxWorkers: 2, sequence: { groupOrder: 0 } },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
