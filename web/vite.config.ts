import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { spoken } from './spoken.ts';

// `npm run dev` shows the page over a running `gradus serve`.
const server = process.env.GRADUS_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), spoken()],
  // In development the nonce is a fixed word; the server puts a fresh one into each answer.
  html: { cspNonce: '__CSP_NONCE__' },
  server: { host: '127.0.0.1', proxy: { '/api': { target: server, changeOrigin: false } } },
  build: {
    manifest: true,
    target: 'es2022',
    // Source maps would double what the binary carries.
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
    // Each piece costs its request and its compilation, however small it is: what every screen needs is one piece,
    // and what some share are few. Bytes, before they are made small.
    rolldownOptions: { output: { codeSplitting: { groups: [
      { name: 'first', tags: ['$initial'], priority: 1 },
      { name: 'shared', minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 10_000 },
    ] } } },
  },
  test: { include: ['tests/**/*.test.{ts,tsx}'], environment: 'node', testTimeout: 60_000 },
});
