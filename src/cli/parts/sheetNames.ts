// Which images a sheet shows: pictures carry no text, so the output lists their names.
import { type ImageOfSet, imageText } from '../../data/contract/dataset.ts';
import { visibleText } from '../../visibleText.ts';
import { formatCount } from '../terminal/format.ts';

/** How many names are listed. */
const LISTED = 16;

/** The names of the images of a sheet, row by row, as a line. */
export function sheetNames(images: readonly ImageOfSet[]): string {
  const more = images.length - LISTED;
  const names = images.slice(0, LISTED).map(imageText);
  const rest = more > 0 ? ` and ${formatCount(more)} more (--json lists them)` : '';
  return visibleText(`row by row: ${names.join(', ')}${rest}`);
}
