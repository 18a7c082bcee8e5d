// The files of freely downloadable datasets: URLs, sizes and checksums.
import type { RemoteFile } from './download.ts';

/** A file of a dataset, and its place in a data folder. */
export interface DatasetFile extends RemoteFile {
  /** The path relative to the data folder. */
  readonly place: string;
}

/** The publisher's bucket; the published address is the same without HTTPS. */
const fashionMnist = 'https://fashion-mnist.s3.eu-central-1.amazonaws.com';

/**
 * The files by dataset name; other datasets must be downloaded manually. The publishers list only MD5. The SHA-256
 * checksums are from TensorFlow Datasets; torchvision lists the same for Fashion-MNIST, MLDatasets.jl for CIFAR-10.
 */
export const publishedFiles: Readonly<Record<string, readonly DatasetFile[]>> = {
  cifar10: [
    {
      place: 'cifar-10-binary.tar.gz',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      bytes: 170_052_171,
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    },
  ],
  'fashion-mnist': [
    {
      place: 'fashion-mnist/train-images-idx3-ubyte.gz',
      url: `${fashionMnist}/train-images-idx3-ubyte.gz`,
      bytes: 26_421_880,
      sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    },
    {
      place: 'fashion-mnist/t10k-images-idx3-ubyte.gz',
      url: `${fashionMnist}/t10k-images-idx3-ubyte.gz`,
      bytes: 4_422_102,
      sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    },
  ],
};
