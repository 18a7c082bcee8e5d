// A reporter that ends a test run with the tests that need more than Node, and the command that installs it.
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Names the skipped tests with the tag `system`, by file and first heading, and says how to run them. */
export class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        if (test.options.tags?.includes('system')) {
          const heading = `${relative('', module.moduleId)} > ${test.fullName.split(' > ')[0]}`;
          counts.set(heading, (counts.get(heading) ?? 0) + 1);
        }
      }
    }
    if (counts.size === 0) {
      return;
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      [
        `Skipped (${total}), since they need system packages, or damage files and kill processes many times:`,
        ...[...counts].sort().map(([heading, count]) => `${String(count).padStart(4)}  ${heading}`),
        '',
        'All of these packages: sudo scripts/install-system-packages (Debian or Ubuntu)',
        'Every test: npm run test:all',
        '',
      ].join('\n'),
    );
  }
}
