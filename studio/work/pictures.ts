// The images that a training in the page uses: the digits that come with it, or pictures of the user.
import { type OpenedImages, openImages } from 'emerging-flows/data';
import { DIGITS_FILE } from './digits.ts';

/** A picture of the user, and its path in the folder that was chosen. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** What is trained on. */
export type Pictures =
  | { readonly kind: 'digits'; readonly url: string }
  | {
      readonly kind: 'files';
      readonly files: readonly ChosenFile[];
      /** Height and width that the pictures are fitted to. */
      readonly size: number;
      /** Grey (1) or colour (3). */
      readonly channels: 1 | 3;
    };

/** Opens them. */
export function openPictures(
  pictures: Pictures,
  report: (done: number, total: number | undefined) => void,
): Promise<OpenedImages> {
  if (pictures.kind === 'digits') {
    return openImages(pictures.url, { name: DIGITS_FILE, onProgress: report });
  }
  const { files, size, channels } = pictures;
  return openImages(files.map(withPath), { size, channels, onProgress: report });
}

/** A file that was sent to a worker does not say in every browser in which folder it was. */
function withPath({ path, file }: ChosenFile): File {
  Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}
