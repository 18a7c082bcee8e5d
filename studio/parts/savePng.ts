// Downloads of images as PNG.
import { compute } from '../work/compute.ts';
import type { Images } from '../work/tasks.ts';
import { download } from './download.ts';

/** Downloads images on one sheet, enlarged like the command line's sheets. */
export async function savePng(images: Images, name: string, columns?: number): Promise<void> {
  const png = await compute('sheet', { ...images, ...(columns !== undefined && { columns }) });
  download(png, `${name}.png`, 'image/png');
}

/** Text made safe for a file name: `runs/first` becomes `runs-first`. */
export function fileWord(text: string): string {
  return text.replace(/[^\w.-]+/g, '-');
}
