// The images that a training in the page uses: the digits that come with it, or pictures of the user.
import { type GivenFolder, type OpenedImages, openImages } from 'emerging-flows/data';
import { DIGITS_FILE } from './digits.ts';

/** What is trained on. */
export type Pictures =
  | { readonly kind: 'digits'; readonly url: string }
  | {
      readonly kind: 'files';
      readonly folder: GivenFolder;
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
  const { folder, size, channels } = pictures;
  const files = folder.files.map(({ path, file }) => withPath(file, folder.name, path));
  return openImages(files, { size, channels, onProgress: report });
}

/** A file that was sent to a worker does not say in every browser in which folder it was. */
function withPath(file: Blob, folder: string | undefined, path: string): File {
  return Object.defineProperty(new File([file], path), 'webkitRelativePath', {
    value: folder === undefined ? path : `${folder}/${path}`,
  });
}
