import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds a running server. */
const server = process.env['HUBBUB_SERVER'] ?? 'http://127.0.0.1:5080';

/** Beside each script and style sheet its compressed form, which the server sends to whoever takes it: a third of the bytes. */
const compressed = {
  name: 'compressed',
  writeBundle({ dir }: { dir?: string }): void {
    const assets = `${dir}/assets/`;
    for (const file of readdirSync(assets)) if (/\.(?:js|css)$/.test(file)) writeFileSync(`${assets}${file}.br`, brotliCompressSync(readFileSync(assets + file)));
  },
};

export default defineConfig({
  plugins: [compressed],
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
