// Writes NAME.gz beside the files of a built page, for servers that send them instead.
//
//   node scripts/compress-files.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [folder] = process.argv.slice(2);
/** Smaller files fit into a packet or two either way. */
const LEAST_BYTES = 2048;

for (const name of readdirSync(folder, { recursive: true })) {
  if (!/\.(css|html|js|svg|wasm)$/.test(name)) {
    continue;
  }
  const bytes = readFileSync(join(folder, name));
  if (bytes.length >= LEAST_BYTES) {
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}
