// Downloads of generated files.
import { compute } from '../work/connections.ts';
import type { Images } from '../work/models.ts';

/** Downloads bytes under a name. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string, type: string): void {
  downloadBlob(new Blob([bytes], { type }), name);
}

/** Downloads a file that is there under a name. */
export function downloadBlob(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // By then the download has started.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

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
