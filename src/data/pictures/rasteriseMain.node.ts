// The child process that renders one picture: SVG on stdin, PNG on stdout. System fonts are never used.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { missingPackages } from '../../core/platform/index.node.ts';

/** PNG pixels per SVG pixel: sharp on high-density screens. */
const zoom = 2;

// Ctrl-C reaches every process of the terminal, and training that stops cleanly still needs its picture.
process.on('SIGINT', () => {});
try {
  process.stdout.write(await render(await text(process.stdin)));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** The folder of the fonts: the built package has copies; from source they come from the development dependency. */
function fontFolder(): string {
  const copies = fileURLToPath(new URL('../../fonts', import.meta.url));
  return existsSync(copies)
    ? copies
    : join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
}

async function render(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js').catch((cause) => {
    throw missingPackages('plots as PNG require', ['@resvg/resvg-js'], cause);
  });
  const fonts = fontFolder();
  const image = new Resvg(svg, {
    background: 'white',
    fitTo: { mode: 'zoom', value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(fonts, file)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
