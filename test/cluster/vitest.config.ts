import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Run through `npm run test:cluster`, which makes the network that these tests live in. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    pool: 'forks',
    include: ['test/cluster/**/*.test.ts'],
    // Each file has a cluster of its own, and what is measured in one must not wait for another.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
