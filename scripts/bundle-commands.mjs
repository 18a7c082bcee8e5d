// Bundles the command line of a build, with the packages that it uses, into fewer files, `BUILD/app/cli/bundle`, because Node
// loads hundreds of modules slowly (bench/startup.ts). A module finds what lies beside it from its address before it was bundled.
//
//   node scripts/bundle-commands.mjs BUILD
import { readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const dist = await realpath(process.argv[2]);
const commands = join(dist, 'app/cli');
const bundle = join(commands, 'bundle');

const ownModules = {
  name: 'own modules',
  setup({ onLoad, onResolve }) {
    // `sideEffects` in package.json lists paths in `dist`, which don't match those of a new build.
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      return file.startsWith(`${dist}${sep}`) ? { path: file, sideEffects: true } : undefined;
    });
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

const { metafile } = await build({
  entryPoints: [join(commands, 'start.js')],
  outdir: bundle,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Of a build elsewhere.
  nodePaths: [fileURLToPath(new URL('../node_modules', import.meta.url))],
  // They have native libraries, or are large and rarely loaded.
  external: ['@resvg/resvg-js', 'koffi', 'onnxruntime-node', 'onnxruntime-web', 'sharp'],
  // Some packages are CommonJS modules, which require modules of Node.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`,
  },
  minify: true,
  define: { 'import.meta.url': 'moduleAddress' },
  plugins: [ownModules],
  metafile: true,
  logLevel: 'warning',
});

/** The folder of the package that a file is in; undefined for our own files. */
function packageFolder(file) {
  return /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

// Their licences ask for it.
const folders = new Set(Object.keys(metafile.inputs).flatMap((file) => packageFolder(file) ?? []));
const notices = await Promise.all(
  [...folders].sort().map(async (folder) => {
    const licence = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    return `${folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)}\n\n${await readFile(join(folder, licence), 'utf8')}`;
  }),
);
await writeFile(join(bundle, 'LICENSES'), notices.join('\n---\n\n'));
