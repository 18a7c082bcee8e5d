// The files of freely downloadable datasets: URLs, sizes and published checksums.
import type { RemoteFile } from './download.ts';

/** A file of a dataset, and its place in a data folder. */
export interface DatasetFile extends RemoteFile {
  /** The path relative to the data folder. */
  readonly place: string;
}

const fashionMnist = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com';

/** The files by dataset name; other datasets must be downloaded manually. */
export const publishedFiles: Readonly<Record<string, readonly DatasetFile[]>> = {
  cifar10: [
    {
      place: 'cifar-10-binary.tar.gz',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      bytes: 170_052_171,
      checksum: { algorithm: 'md5', value: 'c32a1d4ab5d03f1284b67883e8d87530' },
    },
  ],
  'fashion-mnist': [
    {
      place: 'fashion-mnist/train-images-idx3-ubyte.gz',
      url: `${fashionMnist}/train-images-idx3-ubyte.gz`,
      bytes: 26_421_880,
      checksum: { algorithm: 'md5', value: '8d4fb7e6c68d591d4c3dfef9ec88bf0d' },
    },
    {
      place: 'fashion-mnist/t10k-images-idx3-ubyte.gz',
      url: `${fashionMnist}/t10k-images-idx3-ubyte.gz`,
      bytes: 4_422_102,
      checksum: { algorithm: 'md5', value: 'bef4ecab320f06d8554ea6380940ec79' },
    },
  ],
};
