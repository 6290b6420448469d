import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What real servers, the proof and the bench say must not depend on what else runs: one after another, when all is over. */
const alone = [
  'src/bench/bench.test.ts',
  'src/cli/prove.test.ts',
  'src/run/containers.test.ts',
  'src/target/container-target.test.ts',
];

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    globalSetup: ['.config/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.test.ts'],
          exclude: alone,
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          fileParallelism: false,
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
