// Fashion-MNIST, from the Debian package that contains its files or from a data folder.
import { stat } from 'node:fs/promises';
import { call, phrase } from '../../errors.ts';
import type { NamedDataset } from '../contract/rawImages.ts';
import { openIdxFolder, requireIdxFiles } from '../sources/idxFolder.ts';
import { findInDataFolders } from './dataFolder.ts';
import { datasetRecords } from './records.ts';

/** Where the Debian package installs it. */
const systemFolder = '/usr/share/datasets/fashion-mnist';

const record = datasetRecords['fashion-mnist'];

/** Images of clothing, 28 x 28 grey, 60,000 for training and 10,000 for testing. */
export const fashionMnist: NamedDataset = {
  ...record,
  async locate() {
    const installed = await stat(systemFolder).catch(() => undefined);
    if (installed) {
      return requireIdxFiles(systemFolder, 'reinstall the Debian package dataset-fashion-mnist');
    }
    const folder = await findInDataFolders(record);
    return requireIdxFiles(folder, phrase`run ${call('downloadDataset', record.name)}`);
  },
  open: async () => openIdxFolder(await fashionMnist.locate(), fashionMnist.classes),
};
