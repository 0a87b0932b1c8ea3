import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds a running server. */
const server = process.env['HUBBUB_SERVER'] ?? 'http://127.0.0.1:5080';

export default defineConfig({
  // The SDK is taken from its sources, so that no build has to come before this one.
  resolve: { alias: { 'hubbub-client': here('../clients/typescript/src/index.ts') } },
  build: {
    outDir: here('../src/Hubbub.Server/wwwroot'),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is inlined into the page: it must work under a policy that allows only files of its own origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    fs: { allow: [here('..')] },
    // The server answers only its own origin, so requests must look as if its own page had made them.
    proxy: {
      '/api': { target: server, headers: { origin: server } },
      '/ws': { target: server, headers: { origin: server }, ws: true },
    },
  },
  test: { include: ['test/**/*.test.ts'] },
});
