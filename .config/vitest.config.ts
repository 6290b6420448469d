import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: ['.config/build.ts'],
    // One after another: what real servers and the proof say must not depend on what else runs.
    fileParallelism: !process.env.CI,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
