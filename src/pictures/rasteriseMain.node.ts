// The process that draws one picture: an SVG from stdin becomes a PNG on stdout. No font of the machine is used.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Resvg } from '@resvg/resvg-js';

/** Pixels of the PNG for one of the SVG: sharp on dense screens. */
const zoom = 2;

// Ctrl-C reaches every process of a terminal, and a training that stops in order still wants its picture.
process.on('SIGINT', () => {});
try {
  process.stdout.write(render(await text(process.stdin)));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function render(svg: string): Uint8Array {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
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
