// A renderer that crashes, refuses, hangs or is missing: each is reported as an error of one line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { rasterise } from './rasterise.node.ts';

const folder = temporaryFolder();

/** A renderer that runs this code. */
function renderer(source: string): string {
  const script = join(folder, 'renderer.mjs');
  writeFileSync(script, source);
  return script;
}

const svg = (content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3">${content}</svg>`;

it('draws on white, at twice the size', async () => {
  const { width, height, data, channels } = decode(
    await rasterise(svg('<rect width="1" height="3" fill="#0000ff"/>')),
  );
  expect([width, height]).toEqual([8, 6]);
  expect([...data.subarray(0, 3)]).toEqual([0, 0, 255]);
  expect([...data.subarray(7 * channels, 7 * channels + 3)]).toEqual([255, 255, 255]);
});

it.each([
  ['aborts', 'process.abort();', /^the renderer crashed \(SIGABRT\)$/],
  [
    'fails',
    "console.error('no such colour\\nmore'); process.exit(3);",
    'the renderer failed: no such colour',
  ],
  ['fails without a word', 'process.exit(3);', 'the renderer failed: exit code 3'],
  ['hangs', 'setInterval(() => {}, 1000);', 'the renderer took longer than 2 s'],
])('reports a renderer that %s', async (_, source, message) => {
  await expect(rasterise(svg(''), { script: renderer(source), limit: 2000 })).rejects.toThrow(message);
});

it('reports a renderer that exits before it has read a large picture', async () => {
  const large = svg('<!-- -->'.repeat(500_000));
  await expect(rasterise(large, { script: renderer('process.exit(4);') })).rejects.toThrow('exit code 4');
});

it('reports why the renderer refuses an SVG', async () => {
  await expect(rasterise(svg('\u0007'))).rejects.toThrow(/^the renderer failed: .*invalid|non-XML/i);
});
