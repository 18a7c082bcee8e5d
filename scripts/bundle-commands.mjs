// Bundles the command line of a build into fewer files, `BUILD/app/cli/bundle`, because Node loads hundreds of modules
// slowly (bench/startup.ts). A module finds what lies beside it from its address before it was bundled.
//
//   node scripts/bundle-commands.mjs BUILD
import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(process.argv[2]);
const commands = join(dist, 'app/cli');
const bundle = join(commands, 'bundle');

const keepAddresses = {
  name: 'keep addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      const address = JSON.stringify(relative(bundle, path).split(sep).join('/'));
      return {
        // On the first line, so that the others keep their numbers.
        contents: contents.includes('import.meta.url')
          ? `const { url: bundleAddress } = import.meta, moduleAddress = new URL(${address}, bundleAddress).href; ${contents}`
          : contents,
      };
    });
  },
};

await build({
  entryPoints: [join(commands, 'start.js')],
  outdir: bundle,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  minify: true,
  // `sideEffects` in package.json lists paths in `dist`, which don't match those of a new build.
  ignoreAnnotations: true,
  define: { 'import.meta.url': 'moduleAddress' },
  plugins: [keepAddresses],
  logLevel: 'warning',
});
