// A reporter that lists the skipped tests at the end, and the commands that run them.
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** Lists the skipped tests with the tag `system`, by file and first heading. */
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
        `Skipped (${total}), since they need system packages, build the site, or damage files and kill processes many times:`,
        ...[...counts].sort().map(([heading, count]) => `${String(count).padStart(4)}  ${heading}`),
        '',
        'All of these packages: sudo scripts/install-system-packages (Debian or Ubuntu)',
        'Every test: npm run test:all',
        '',
      ].join('\n'),
    );
  }
}
