// How much of Node's speed a page can reach: products of width 64, as in the networks of the quick start.
//
//   npm run build && npx tsx bench/pages.ts
//
// Prints the table of docs/performance.md: the products in Node's native runtime, in Node's WebAssembly and in a page
// (Chromium), one thread each, in turn; and the most that multiplications and additions of 128 bits reach in the page,
// with and without the fused ones of relaxed SIMD, which ONNX Runtime's published builds don't enable. Half a minute.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatFixed, formatSpread } from '../src/app/cli/terminal/format.ts';
import { median, valueRange } from '../src/core/numeric/statistics.ts';
import { markdownTable } from '../src/model/card/reportText.ts';
import { bundlePackage, chromiumPath, openPage } from '../src/testing/pages.ts';
import { measureInTurn } from '../src/training/study/measureInTurn.ts';
import { machine } from './shared/machine.ts';
import { inTemporaryFolder } from './shared/temporaryFolder.ts';

const [WARM_UP, ROUNDS] = [3, 15];

/** A script for Node and for pages: the speed of products, and of plain arithmetic, in 10^9 operations per second. */
const script = `
import { compile, constant, input, operations } from 'emerging-flows/tensor';

// Columns that stay in the cache, as the engine divides networks, and products enough that the input costs little.
const [WIDTH, COLUMNS, PRODUCTS, CALLS] = [64, 2048, 20, 5];
const matrix = (rows, columns) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, index) => Math.sin(index)),
});

const programs = new Map();
export async function productSpeed(device) {
  if (!programs.has(device)) {
    const x = input('x', [WIDTH, COLUMNS]);
    let y = x;
    for (let count = 0; count < PRODUCTS; count++) {
      y = operations.product(constant(matrix(WIDTH, WIDTH)), y);
    }
    const outputs = { y: operations.sum(y, [1]) };
    programs.set(device, await compile({ inputs: { x }, outputs }, { device, threads: 1 }));
  }
  const x = matrix(WIDTH, COLUMNS);
  const begin = performance.now();
  for (let call = 0; call < CALLS; call++) {
    await programs.get(device).run({ x });
  }
  return (2 * WIDTH * WIDTH * COLUMNS * PRODUCTS * CALLS) / (performance.now() - begin) / 1e6;
}

/** WebAssembly that computes a = a * x + y for twelve vectors a of four numbers, n times; relaxed: fused. */
function arithmetic(relaxed) {
  const unsigned = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)]);
  const section = (id, bytes) => [id, ...unsigned(bytes.length), ...bytes];
  const simd = (code) => [0xfd, ...unsigned(code)];
  const [MUL, ADD, MADD, SPLAT, LANE] = [0xe6, 0xe4, 0x105, 0x13, 0x1f];
  const get = (local) => [0x20, local];
  const vectors = Array.from({ length: 12 }, (_, index) => 5 + index);
  const [x, y] = [3, 4];
  const update = (local) => [
    ...get(local), ...get(x), ...(relaxed ? [] : simd(MUL)), ...get(y), ...simd(relaxed ? MADD : ADD), 0x21, local,
  ];
  const body = [
    1, 14, 0x7b,
    ...get(1), ...simd(SPLAT), 0x21, x,
    ...get(2), ...simd(SPLAT), 0x21, y,
    0x03, 0x40, ...vectors.flatMap(update), ...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b,
    ...get(vectors[0]), ...vectors.slice(1).flatMap((local) => [...get(local), ...simd(ADD)]), ...simd(LANE), 0,
    0x0b,
  ];
  const bytes = Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 3, 0x7f, 0x7d, 0x7d, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f;
}

const functions = new Map();
export function arithmeticSpeed(relaxed) {
  if (!functions.has(relaxed)) {
    functions.set(relaxed, arithmetic(relaxed));
  }
  const LOOPS = 1e7;
  const begin = performance.now();
  functions.get(relaxed)(LOOPS, 0.5, 0.25);
  return (2 * 4 * 12 * LOOPS) / (performance.now() - begin) / 1e6;
}
`;

const pageScript = `
import { configureRuntime } from 'emerging-flows';
import { arithmeticSpeed, productSpeed } from './speeds.js';
configureRuntime({ wasm: '/runtime/ort-wasm-simd-threaded.wasm' });
Object.assign(globalThis, { arithmeticSpeed, productSpeed });
`;

if (chromiumPath === undefined) {
  console.error('bench/pages.ts needs Chromium: sudo scripts/install-system-packages');
  process.exit(1);
}
await inTemporaryFolder('pages', async (folder) => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const bundle = await bundlePackage(root, folder, pageScript, { speeds: script });
  const inNode = await import(pathToFileURL(join(folder, 'speeds.js')).href);
  const { page, close } = await openPage(bundle, { isolated: true });
  await page.waitForFunction('globalThis.productSpeed');
  const measures: [string, () => Promise<number>][] = [
    ["products, Node's native runtime", () => inNode.productSpeed('cpu')],
    ["products, Node's WebAssembly", () => inNode.productSpeed('wasm')],
    ['products, a page in Chromium', () => page.evaluate("productSpeed('wasm')")],
    ['multiplications and additions of 128 bits alone', () => page.evaluate('arithmeticSpeed(false)')],
    ['the same, fused (relaxed SIMD)', () => page.evaluate('arithmeticSpeed(true)')],
  ];
  const speeds = await measureInTurn(
    measures.map(([, measure]) => measure),
    {
      warmUp: WARM_UP,
      rounds: ROUNDS,
      onRound: (done) => process.stderr.write(`\rround ${done} of ${WARM_UP + ROUNDS}`),
    },
  ).finally(close);
  process.stderr.write('\n');
  const native = median(speeds[0]!);
  console.log(`${machine(1)}\n`);
  console.log(
    markdownTable(
      ['', '10^9 operations/s', "of Node's native"],
      measures.map(([name], index) => {
        const each = speeds[index]!;
        const spread = formatSpread(median(each), valueRange(each), (value) => formatFixed(value, 1));
        return [name, spread, (median(each) / native).toFixed(2)];
      }),
    ),
  );
});
