// Loaded into every vitest process by `reader-coverage.mjs`: what the instrumented readers counted.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';

afterAll(() => {
  const name = `${process.pid}-${Date.now()}.json`;
  writeFileSync(join(process.env.READER_COVERAGE, name), JSON.stringify(globalThis.__coverage__ ?? {}));
});
