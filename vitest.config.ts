import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SkippedTests } from './src/testing/skippedTests.ts';

/**
 * Files that replace modules, register parts, change or measure their process, or use a GPU have a process of their own. The
 * others share one, which loads the sources once: they undo their spies and stubs.
 */
const needsOwnProcess =
  /\bvi\.(mock|doMock|resetModules)\b|\bprocess\.(\w+Usage|availableMemory|chdir|listenerCount|env\.\w+ =)|\/webgpu\.ts'|\bregisterPart\(/;

const files = ['src', 'bench', 'studio', 'site'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file)),
);
const isOwn = (file: string): boolean => needsOwnProcess.test(readFileSync(file, 'utf8'));

/** Where to write a report in JSON, for the checks of `.ci/run`. */
const report = process.env.TEST_REPORT ?? '';

/** The path of a source file. */
const source = (name: string): string => fileURLToPath(new URL(`src/${name}`, import.meta.url));

export default defineConfig({
  // The studio imports the package by its name: here its sources, current. Threads and child processes run the package
  // that is built for the tests.
  resolve: {
    alias: [
      { find: /^emerging-flows$/, replacement: source('api/index.ts') },
      {
        find: /^emerging-flows\/(actions|data|flows|pictures|tensor|training)$/,
        replacement: source('api/$1.ts'),
      },
      { find: /^#(.*)$/, replacement: source('$1.ts') },
      { find: /^.*\/childScript\.node\.ts$/, replacement: source('testing/builtScripts.ts') },
    ],
  },
  test: {
    reporters: ['default', new SkippedTests(), ...(report ? ['json'] : [])],
    outputFile: { json: report },
    tags: [
      {
        name: 'system',
        description:
          'needs a browser, MPI, a Vulkan driver or namespaces, builds the site, runs benchmarks, or damages files and kills processes many times',
      },
    ],
    // Long enough under load: they only end what hangs.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // ONNX Runtime is a native addon with its own threads: processes keep a crash to few files.
    pool: 'forks',
    setupFiles: 'src/testing/equalArrays.ts',
    globalSetup: 'src/testing/builtPackage.ts',
    // For two processors: tests also wait, for disks, timers and other processes.
    maxWorkers: 3,
    // For the tests that load exported models with only the runtime.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    projects: [
      {
        extends: true,
        test: { name: 'own', include: files.filter(isOwn) },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: files.filter((file) => !isOwn(file)),
          isolate: false,
        },
      },
    ],
  },
});
