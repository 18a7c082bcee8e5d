// Builds the site and checks it.
//
//   npm run build && npm run site
//   npm run site -- https://example.org/flows/   # with the address, which link previews need for their picture
//
// Writes built-site, which any host can serve. `npx vite preview --outDir built-site` shows it.
import { lstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findFaults } from './faults.ts';
import { buildSite } from './site.ts';

const target = fileURLToPath(new URL('../built-site', import.meta.url));
if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) {
  throw new Error(`${target} is a link: delete it, because the build empties its target`);
}
const [url] = process.argv.slice(2);
await buildSite(target, { url: url && new URL(url.endsWith('/') ? url : `${url}/`).href });
const faults = findFaults(target);
for (const fault of faults) {
  process.stderr.write(`${fault}\n`);
}
process.exitCode = faults.length === 0 ? 0 : 1;
process.stdout.write(
  `${target}: ${faults.length === 0 ? 'no' : faults.length} ${faults.length === 1 ? 'fault' : 'faults'}\n` +
    'to look at it: npx vite preview --outDir built-site\n',
);
