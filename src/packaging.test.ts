// What the lockfile and package.json must say so that every npm installs the project quietly and without downloads.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

const { packages }: { packages: Record<string, { hasInstallScript?: boolean }> } = read('package-lock.json');
const { allowScripts }: { allowScripts: Record<string, boolean> } = read('package.json');

const installScripts = Object.entries(packages)
  .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
  .map(([path]) => path.replace(/^.*node_modules\//, ''));

it('keeps npm 10 from running the install script of onnxruntime-node, which downloads CUDA', () => {
  // npm 10 knows no `allowScripts` and npm 11 warns of onnxruntime-node's own key in .npmrc. Both believe the lockfile:
  // after an upgrade of the package, delete `hasInstallScript` from its entry again.
  expect(Object.keys(packages)).toContain('node_modules/onnxruntime-node');
  expect(installScripts).not.toContain('onnxruntime-node');
});

it('tells npm 11 of every package with an install script whether it may run', () => {
  expect(installScripts).not.toHaveLength(0);
  expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(installScripts));
  // Should the lockfile be made anew, npm 11 still does not run it.
  expect(allowScripts['onnxruntime-node']).toBe(false);
});
