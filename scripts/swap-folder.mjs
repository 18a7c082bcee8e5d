// Moves a newly built folder to the place of the old one: commands that run from there during a build still find their files.
//
//   node scripts/swap-folder.mjs BUILT TARGET [NAME…]   # moves these entries of the old folder to the new one
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [built, target, ...kept] = process.argv.slice(2);
const old = `${target}-old`;
if (!existsSync(built)) {
  throw new Error(`there is no ${built}`);
}
rmSync(old, { recursive: true, force: true });
for (const name of kept.filter((one) => existsSync(join(target, one)))) {
  renameSync(join(target, name), join(built, name));
}
if (existsSync(target)) {
  renameSync(target, old);
}
renameSync(built, target);
rmSync(old, { recursive: true, force: true });
