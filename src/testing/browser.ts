// Pages for tests, with the package as it is now.
import { join } from 'node:path';
import { buildPackage } from './command.ts';
import { type Bundle, bundlePackage } from './pages.ts';

/** Bundles a script for a page and scripts for workers, as `bundlePackage` does, with the package beside them. */
export async function bundle(
  script: string,
  workers: Readonly<Record<string, string>> = {},
): Promise<Bundle> {
  const root = buildPackage();
  return bundlePackage(root, join(root, 'project'), script, workers);
}
