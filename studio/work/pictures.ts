// Training images: the included digits, or the user's pictures.
import { type GivenFolder, type OpenedImages, openImages } from 'emerging-flows/data';
import { DIGITS_FILE } from './digits.ts';

/** The images to train on. */
export type Pictures =
  | { readonly kind: 'digits'; readonly url: string }
  | {
      readonly kind: 'files';
      readonly folder: GivenFolder;
      /** The height and width to fit pictures to. */
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

/** The file with its path, which some browsers drop when a file is sent to a worker. */
export function withPath(file: Blob, folder: string | undefined, path: string): File {
  return Object.defineProperty(new File([file], path), 'webkitRelativePath', {
    value: folder === undefined ? path : `${folder}/${path}`,
  });
}
