// Pages for tests, with the current package.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import type {} from './builtPackage.ts';
import { type Bundle, bundlePackage, chromiumPath } from './pages.ts';

/**
 * Bundles a script for a page and scripts for workers, as `bundlePackage` does, in a folder of the built package, and it
 * is removed.
 */
export async function bundle(
  script: string,
  workers: Readonly<Record<string, string>> = {},
): Promise<Bundle> {
  const root = inject('builtPackage');
  return bundlePackage(root, mkdtempSync(join(root, 'project-')), script, workers);
}

/** Tests that need Chromium, skipped without it. */
export function describeInChromium(name: string, tests: () => void): void {
  describe.skipIf(chromiumPath === undefined)(
    `${name} (scripts/install-system-packages)`,
    { tags: 'system' },
    tests,
  );
}
