// Saves images as a PNG.
import { compute } from '../work/compute.ts';
import type { Images } from '../work/tasks.ts';
import { download } from './download.ts';

/** Downloads images on one sheet under a name; each pixel is enlarged as on the sheets of the command line. */
export async function savePng(images: Images, name: string, columns?: number): Promise<void> {
  const png = await compute('sheet', { ...images, ...(columns !== undefined && { columns }) });
  download(png, `${name}.png`, 'image/png');
}

/** A part of a name of a file: `runs/first` becomes `runs-first`. */
export function fileWord(text: string): string {
  return text.replace(/[^\w.-]+/g, '-');
}
