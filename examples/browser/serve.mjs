// Bundles the page and serves it on this machine:
//
//   npm run build && node examples/browser/serve.mjs
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const inPackage = (path) => fileURLToPath(import.meta.resolve(path));
const { outputFiles } = await build({
  entryPoints: [at('page.js')],
  outdir: at('out'),
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
});
const scripts = new Map(outputFiles.map(({ path, contents }) => [path.slice(at('out').length), contents]));

/** What is served besides the scripts, and nothing else. */
const files = {
  '/': at('index.html'),
  '/mnist/model.safetensors': inPackage('emerging-flows/models/mnist-small/model.safetensors'),
  '/ort-wasm-simd-threaded.wasm': inPackage('onnxruntime-web/ort-wasm-simd-threaded.wasm'),
};
const types = { '.js': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' };

const server = createServer(async (request, response) => {
  const [pathname] = request.url.split('?');
  const file = files[pathname];
  const content = scripts.get(pathname) ?? (file && (await readFile(file)));
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  const type = types[extname(file ?? pathname)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': content.length }).end(content);
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
