import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts', 'studio/**/*.test.ts'],
    globalSetup: 'src/testing/builtPackage.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // ONNX Runtime is a native addon with its own threads: processes keep a crash to one file.
    pool: 'forks',
    maxWorkers: 2,
    // For the tests that load exported models with the runtime alone.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
