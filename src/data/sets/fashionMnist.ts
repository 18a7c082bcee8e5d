// Fashion-MNIST, from the Debian package that contains its files or from a data folder.
import { stat } from 'node:fs/promises';
import { call, phrase } from '../../errors.ts';
import type { NamedDataset } from '../contract/dataset.ts';
import { openIdxFolder, openIdxPart, requireIdxFiles } from '../sources/idxFolder.ts';
import { findInDataFolders } from './dataFolder.ts';
import { descriptions } from './descriptions.ts';

/** Where the Debian package installs it. */
const systemFolder = '/usr/share/datasets/fashion-mnist';

/** Images of clothing, 28 x 28 grey, 60,000 for training and 10,000 for testing. */
export const fashionMnist: NamedDataset = {
  ...descriptions['fashion-mnist'],
  async locate() {
    const installed = await stat(systemFolder).catch(() => undefined);
    if (installed) {
      return requireIdxFiles(systemFolder, 'reinstall the Debian package dataset-fashion-mnist');
    }
    const folder = await findInDataFolders({
      name: 'fashion-mnist',
      candidates: ['fashion-mnist'],
      from: 'apt-get install dataset-fashion-mnist, or four files from https://github.com/zalandoresearch/fashion-mnist',
    });
    return requireIdxFiles(folder, phrase`run ${call('downloadDataset', 'fashion-mnist')}`);
  },
  open: async () => openIdxFolder(await fashionMnist.locate(), fashionMnist.classes),
  openPart: async (part) => openIdxPart(await fashionMnist.locate(), part, fashionMnist.classes),
};
