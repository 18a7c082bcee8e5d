// SVG to PNG, with the fonts that come with the package: no font of the machine has a say.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Pixels of the PNG for one of the SVG: sharp on dense screens. */
const zoom = 2;

/** Draws an SVG on white, as the bytes of a PNG. */
export async function rasterise(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  const image = new Resvg(svg, {
    background: 'white',
    fitTo: { mode: 'zoom', value: zoom },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(folder, file)),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  }).render();
  return new Uint8Array(image.asPng());
}
