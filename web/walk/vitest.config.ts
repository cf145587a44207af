import { defineConfig } from 'vitest/config';

const patience = Number(process.env.GRADUS_WALK_PATIENCE ?? 1);
// One file after the other: they share one browser's worth of processors. scripts/walk.sh calls it.
export default defineConfig({
  test: { include: ['walk/**/*.walk.ts'], environment: 'node', testTimeout: 240_000 * patience, hookTimeout: 900_000, expect: { poll: { timeout: 5_000 * patience } }, fileParallelism: false, setupFiles: ['walk/stopped.ts'] },
});
