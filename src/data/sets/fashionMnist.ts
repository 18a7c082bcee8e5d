// Fashion-MNIST, from the Debian package that carries its files, or a data folder.
import { stat } from 'node:fs/promises';
import { call, phrase } from '../../errors.ts';
import type { NamedDataset } from '../dataset.ts';
import { idxFolder, requireIdxFiles } from '../sources/idxFolder.ts';
import { findInDataFolders } from './dataFolder.ts';

/** Where Debian's package puts it. */
const systemFolder = '/usr/share/datasets/fashion-mnist';

/** Pictures of clothes, 28 x 28 grey, 60,000 for training and 10,000 for testing. */
export const fashionMnist: NamedDataset = {
  name: 'fashion-mnist',
  description: 'pictures of clothes, grey',
  imageShape: [28, 28, 1],
  counts: { train: 60_000, test: 10_000 },
  source:
    'Debian package dataset-fashion-mnist, or https://github.com/zalandoresearch/fashion-mnist (Zalando)',
  licence: 'MIT',
  async locate() {
    const installed = await stat(systemFolder).catch(() => undefined);
    if (installed) {
      return requireIdxFiles(systemFolder, 'install dataset-fashion-mnist again');
    }
    const folder = await findInDataFolders({
      name: 'fashion-mnist',
      candidates: ['fashion-mnist'],
      from: 'apt-get install dataset-fashion-mnist, or four files from https://github.com/zalandoresearch/fashion-mnist',
    });
    return requireIdxFiles(folder, phrase`run ${call('downloadDataset', 'fashion-mnist')}`);
  },
  open: async () => idxFolder.open(await fashionMnist.locate()),
};
