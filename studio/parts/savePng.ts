// Downloads of images as PNG.
import { compute } from '../work/compute.ts';
import type { Images } from '../work/tasks.ts';
import { download } from './download.ts';

/** Downloads images on one sheet, by default laid out and enlarged like the command line's. */
export async function savePng(
  images: Images,
  name: string,
  layout: { columns?: number; scale?: number } = {},
): Promise<void> {
  const png = await compute('sheet', { ...images, ...layout });
  download(png, `${name}.png`, 'image/png');
}

/** Text made safe for a file name: `runs/first` becomes `runs-first`. */
export function fileWord(text: string): string {
  return text.replace(/[^\w.-]+/g, '-');
}
