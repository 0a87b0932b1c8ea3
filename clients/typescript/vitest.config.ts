import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'], testTimeout: 40_000 },
});
