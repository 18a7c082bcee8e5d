// Links that must never be written through, planted where commands write.
import { linkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The links, by name: each leads to something in the folder `outside`. */
export const plantedLinks: Readonly<Record<string, (path: string, outside: string) => void>> = {
  link: (path, outside) => symlinkSync(join(outside, 'file'), path),
  'hard link': (path, outside) => linkSync(join(outside, 'file'), path),
  'link to a folder': (path, outside) => symlinkSync(join(outside, 'folder'), path),
  'link to a new file': (path, outside) => symlinkSync(join(outside, 'new'), path),
};
