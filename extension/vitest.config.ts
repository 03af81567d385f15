import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __FIREFOX__: 'false', __VERSION__: '"0.0.0-test"' },
  // A machine may be busy with other suites.
  test: { include: ['tests/unit/**/*.test.ts'], testTimeout: 30_000 },
});
