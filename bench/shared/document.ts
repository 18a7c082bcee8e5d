// What goes into a document beside its tables: the machine that was measured, and plots.
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plotPng } from '../../src/pictures/drawPlot.ts';
import type { Plot } from '../../src/pictures/plot.ts';
import { writeFileAtomically } from '../../src/storage/files.ts';

/** The processor and its threads, or as many as are used. */
export function machine(threads = availableParallelism()): string {
  return `${cpus()[0]?.model.trim()}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** Draws a plot for the documents, `docs/NAME.png`. */
export async function writeDocumentPlot(name: string, plot: Plot): Promise<void> {
  const file = join(fileURLToPath(new URL('../../docs', import.meta.url)), `${name}.png`);
  writeFileAtomically(file, await plotPng(plot));
  process.stderr.write(`wrote ${file}\n`);
}
