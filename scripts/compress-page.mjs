// Compresses the larger files of a built page, which the studio's server sends as they are, and replaces those that the build
// has in its folder `wasm` by a list of where they are.
//
//   node scripts/compress-page.mjs BUILD/PAGE
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const [page] = process.argv.slice(2);
/** Smaller files fit into a packet or two either way. */
const LEAST_BYTES = 2048;

const shared = {};
for (const name of readdirSync(page, { recursive: true })) {
  // Not pages: a static studio adds to them.
  if (!/\.(css|js|svg|wasm)$/.test(name)) {
    continue;
  }
  const bytes = readFileSync(join(page, name));
  // Without the hash that the bundler adds.
  const copy = `../wasm/${basename(name).replace(/-[\w-]{8}(?=\.wasm$)/, '')}.gz`;
  if (existsSync(join(page, copy)) && gunzipSync(readFileSync(join(page, copy))).equals(bytes)) {
    shared[name.replaceAll('\\', '/')] = copy;
  } else if (bytes.length >= LEAST_BYTES) {
    writeFileSync(join(page, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  } else {
    continue;
  }
  rmSync(join(page, name));
}
writeFileSync(join(page, 'shared.json'), `${JSON.stringify(shared, null, 2)}\n`);
