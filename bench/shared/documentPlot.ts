// The plots of the documents.
import { fileURLToPath } from 'node:url';
import { plotPng } from '../../src/pictures/drawPlot.ts';
import type { Plot } from '../../src/pictures/plot.ts';
import { writeFileAtomically } from '../../src/storage/partialFiles.ts';

/** Draws a plot for the documents, `docs/NAME.png`. */
export async function writeDocumentPlot(name: string, plot: Plot): Promise<void> {
  const file = fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
  writeFileAtomically(file, await plotPng(plot));
  process.stderr.write(`wrote ${file}\n`);
}
