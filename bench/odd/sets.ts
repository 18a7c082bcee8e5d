// The image sets of the benchmark: what models are trained on, and which images are odd to them.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { type Dataset, type ImageSet, subset } from '../../src/data/contract/dataset.ts';
import { holdOutValidation } from '../../src/data/heldOut.ts';
import { openDataset } from '../../src/data/registry.ts';
import { emergingJson } from '../shared/processes.ts';
import { withWrongLabels } from './wrongLabels.ts';

/** Images to train on, and others that are odd. */
export interface OpenedSet {
  readonly dataset: Dataset;
  /** The images of the second model of `ratio` before a fifth of their values are replaced; the same for all seeds. */
  readonly general: Dataset;
  /** Odd test images, by name. */
  readonly odd: Readonly<Record<string, ImageSet>>;
  /** Which training images have a wrong label; only for models with classes. */
  readonly wrong?: ReadonlySet<number>;
}

/** A set of images. */
export interface BenchSet {
  /** The name of the second model of `ratio`. */
  readonly general: string;
  /** Whether odd images are also planted among its own. */
  readonly plants?: boolean;
  /** Why it can't be opened here and what to install; undefined if it can. */
  missing(): string | undefined;
  /** Opens it; the seed may choose a part. */
  open(seed: number): Promise<OpenedSet>;
}

/** The folder of prepared images and trained models. */
export const FOLDER = 'data/odd';

/** The share of the training images that is held out: 2,000 of 60,000 images, and 600 of a class. */
const [SHARE, CLASS_SHARE] = [1 / 30, 1 / 10];

/** The share of labels that are wrong. */
const WRONG = 0.01;

const stellarium = 'the Debian package stellarium-data';
const tiles = ['--crop', 'tiles', '--least-deviation', '4'];
const emoji = prepared('emoji', 'node_modules/emoji-datasource-google/img/google', ['64'], 'npm install');
const icons = prepared(
  'icons',
  '/usr/share/icons/oxygen/base',
  ['32x32', '48x48', '64x64', '128x128'],
  'the Debian package oxygen-icon-theme',
);
const deepSky = prepared('deep-sky', '/usr/share/stellarium/nebulae', ['default'], stellarium, tiles);
const textures = prepared('textures', '/usr/share/stellarium', ['landscapes'], stellarium, tiles);
const fashion = builtIn('fashion-mnist');
const digits = builtIn('mnist');

/** The sets by name. */
export const benchSets: Readonly<Record<string, BenchSet>> = {
  'fashion-mnist': pair(fashion, digits),
  mnist: pair(digits, fashion),
  'a class of fashion-mnist': oneClass(fashion),
  'a class of mnist': oneClass(digits),
  emoji: pair(emoji, icons),
  icons: { ...pair(icons, emoji), plants: true },
  'deep sky': pair(deepSky, textures),
  textures: pair(textures, deepSky),
};

/** A dataset, and what is missing to open it. */
interface Source {
  readonly name: string;
  missing(): string | undefined;
  open(validation?: number): Promise<Dataset>;
}

function builtIn(name: string): Source {
  return {
    name,
    missing: () => undefined,
    open: (validation = SHARE) => openDataset(name, { validation }),
  };
}

/** Colour images of 32 x 32 from folders of a package, prepared once. */
function prepared(
  name: string,
  from: string,
  folders: readonly string[],
  origin: string,
  options: readonly string[] = [],
): Source {
  const path = `${FOLDER}/${name}-32.images`;
  return {
    name,
    missing: () => (existsSync(path) || existsSync(from) ? undefined : `${from} is missing: ${origin}`),
    async open() {
      if (!existsSync(path)) {
        mkdirSync(FOLDER, { recursive: true });
        const images = `${FOLDER}/${name}`;
        for (const folder of folders) {
          cpSync(`${from}/${folder}`, `${images}/${folder}`, { recursive: true, dereference: true });
        }
        const common = ['--size', '32', '--channels', '3', '--unique', '--skip-damaged', '--out', path];
        await emergingJson('datasets', 'prepare', images, ...common, ...options);
      }
      const { train, validation, test, ...about } = await openDataset(path, { validation: 0.1 });
      // Its folders aren't classes.
      const unlabelled = ({ labels: _, ...images }: ImageSet): ImageSet => images;
      if (!options.includes('tiles')) {
        const [own, held, unseen] = [train, validation, test].map(unlabelled) as [
          ImageSet,
          ImageSet,
          ImageSet,
        ];
        return { ...about, train: own, validation: held, test: unseen };
      }
      // Tiles of other pictures are of other kinds: all are from the same ones, at random.
      const { nameOf: _, ...all } = unlabelled(train);
      const { train: rest, validation: unseen } = holdOutValidation(all, 0.1);
      return { ...about, test: unseen, ...holdOutValidation(rest, 0.1) };
    },
  };
}

/** A set to train on, with 1 % of its labels wrong if it has any, and one whose test images are odd. */
function pair(own: Source, other: Source): BenchSet {
  return {
    general: own.name,
    missing: () => own.missing() ?? other.missing(),
    async open(seed) {
      const dataset = await own.open();
      const odd = { [other.name]: (await other.open()).test };
      if (dataset.train.labels === undefined) {
        return { dataset, general: dataset, odd };
      }
      const { images, wrong } = withWrongLabels(dataset.train, WRONG, seed);
      return { dataset: { ...dataset, train: images }, general: dataset, odd, wrong };
    },
  };
}

/** The images of one class, whose number is the seed, and the rest as odd ones. */
function oneClass(all: Source): BenchSet {
  return {
    general: all.name,
    missing: all.missing,
    async open(seed) {
      const dataset = await all.open(CLASS_SHARE);
      const part = (images: ImageSet, isOwn: boolean): ImageSet =>
        subset(
          images,
          Array.from({ length: images.count }, (_, index) => index).filter(
            (index) => (images.labels!.classOf(index) === seed) === isOwn,
          ),
        );
      const [train, validation, test] = [dataset.train, dataset.validation, dataset.test].map((images) =>
        part(images, true),
      ) as [ImageSet, ImageSet, ImageSet];
      const { holdOut: _, ...about } = dataset;
      return {
        dataset: { ...about, train, validation, test },
        general: dataset,
        odd: { 'other classes': part(dataset.test, false) },
      };
    },
  };
}
