import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __FIREFOX__: 'false', __VERSION__: '"0.0.0-test"' },
  test: { include: ['tests/unit/**/*.test.ts'] },
});
