// A reporter that ends a test run with the tests it left out, what they need, and the command that installs it.
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Prints a line per file with skipped tests, and how to run them. */
export class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules.flatMap((module) => {
      const skipped = [...module.children.allTests('skipped')];
      return skipped.length === 0 ? [] : [{ file: relative('', module.moduleId), count: skipped.length }];
    });
    if (files.length === 0) {
      return;
    }
    const total = files.reduce((sum, { count }) => sum + count, 0);
    const lines = files
      .sort((a, b) => (a.file < b.file ? -1 : 1))
      .map(({ file, count }) => `  ${String(count).padStart(4)}  ${file}`);
    console.log(
      [
        `Skipped ${total} tests: they need system packages (Chromium, Firefox, Open MPI, software Vulkan, …) or take long:`,
        ...lines,
        'To install all of these packages: sudo scripts/install-system-packages (Debian or Ubuntu)',
        'To run every test: npm run test:all',
        '',
      ].join('\n'),
    );
  }
}
