import { defineConfig } from 'vitest/config';

// One file after the other: they share one browser's worth of processors. scripts/walk.sh calls it.
export default defineConfig({
  test: { include: ['walk/**/*.walk.ts'], environment: 'node', testTimeout: 240_000, hookTimeout: 900_000, fileParallelism: false },
});
