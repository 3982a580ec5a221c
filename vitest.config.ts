import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/**/*.test.ts'],
    // They need an API server and a network of their own: `npm run test:cluster`.
    exclude: ['test/cluster/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
