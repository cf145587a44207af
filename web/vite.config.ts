import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `npm run dev` answers from src/mock unless GRADUS_URL names a running server; GRADUS_MOCK=1 builds a page
// that answers itself, for looking at screens.
const server = process.env.GRADUS_URL;

export default defineConfig({
  plugins: [react()],
  // In development the nonce is a fixed word; the server puts a fresh one into each answer.
  html: { cspNonce: '__CSP_NONCE__' },
  define: { __MOCK__: JSON.stringify(process.env.GRADUS_MOCK === '1' || (process.env.NODE_ENV !== 'production' && !server)) },
  server: { host: '127.0.0.1', proxy: server ? { '/api': server, '/livez': server } : undefined },
  build: {
    manifest: true,
    target: 'es2022',
    // Source maps would double what the binary carries.
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  test: { include: ['tests/**/*.test.{ts,tsx}'], environment: 'node', testTimeout: 20_000 },
});
