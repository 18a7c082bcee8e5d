// The plots of the documents.
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../../src/data/files/partialFiles.ts';
import { plotPng } from '../../src/data/pictures/drawPlot.ts';
import type { Plot } from '../../src/data/pictures/plot.ts';

/** Draws a plot for the documents, `docs/NAME.png`. */
export async function writeDocumentPlot(name: string, plot: Plot): Promise<void> {
  const file = fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
  writeFileAtomically(file, await plotPng(plot));
  process.stderr.write(`wrote ${file}\n`);
}
