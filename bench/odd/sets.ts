// The image sets of the benchmark: what models are trained on, and which images are odd to them.
import { existsSync, mkdirSync } from 'node:fs';
import { type Dataset, type ImageSet, subset } from '../../src/data/contract/dataset.ts';
import { openDataset } from '../../src/data/registry.ts';
import { emergingJson } from '../shared/processes.ts';

/** Images to train on, and others that are odd. */
export interface OpenedSet {
  readonly dataset: Dataset;
  /** Odd test images, by name. */
  readonly odd: Readonly<Record<string, ImageSet>>;
}

/** A set of images. */
export interface BenchSet {
  /** What is missing, and how to get it; undefined if nothing is. */
  missing(): string | undefined;
  /** Opens it; the seed may choose a part. */
  open(seed: number): Promise<OpenedSet>;
}

/** The folder of prepared images. */
const FOLDER = 'data/odd';

const emoji = prepared('emoji', 'node_modules/emoji-datasource-google/img/google/64', 'npm install');
const icons = prepared('icons', '/usr/share/icons/oxygen/base/64x64', 'the Debian package oxygen-icon-theme');
const tiles = ['--crop', 'tiles', '--least-deviation', '4', '--limit', '20000'];
const stellarium = 'the Debian package stellarium-data';
const deepSky = prepared('deep-sky', '/usr/share/stellarium/nebulae/default', stellarium, tiles);
const textures = prepared('textures', '/usr/share/stellarium/landscapes', stellarium, tiles);
const fashion = source(() => openDataset('fashion-mnist', { validation: SHARE }));
const digits = source(() => openDataset('mnist', { validation: SHARE }));

/** The sets by name. */
export const benchSets: Readonly<Record<string, BenchSet>> = {
  'fashion-mnist': pair(fashion, { mnist: digits }),
  mnist: pair(digits, { 'fashion-mnist': fashion }),
  'a class of fashion-mnist': oneClass(fashion),
  'a class of mnist': oneClass(digits),
  emoji: pair(emoji, { icons }),
  icons: pair(icons, { emoji }),
  'deep sky': pair(deepSky, { textures }),
  textures: pair(textures, { 'deep sky': deepSky }),
};

/** The share of 60,000 images that is held out, so that there are 2,000. */
const SHARE = 1 / 30;

/** A dataset, and what is missing to open it. */
interface Source {
  missing(): string | undefined;
  open(): Promise<Dataset>;
}

function source(open: () => Promise<Dataset>): Source {
  return { missing: () => undefined, open };
}

/** Colour images of 32 x 32 from the folder of a package, prepared once. */
function prepared(name: string, from: string, origin: string, options: readonly string[] = []): Source {
  const path = `${FOLDER}/${name}-32.images`;
  return {
    missing: () => (existsSync(path) || existsSync(from) ? undefined : `${from} is missing: ${origin}`),
    async open() {
      if (!existsSync(path)) {
        mkdirSync(FOLDER, { recursive: true });
        const common = ['--size', '32', '--channels', '3', '--unique', '--skip-damaged', '--out', path];
        await emergingJson('datasets', 'prepare', from, ...common, ...options);
      }
      return openDataset(path, { validation: 0.1 });
    },
  };
}

/** A set to train on, and others whose test images are odd. */
function pair(own: Source, others: Readonly<Record<string, Source>>): BenchSet {
  return {
    missing: () =>
      [own, ...Object.values(others)].map((one) => one.missing()).find((why) => why !== undefined),
    async open() {
      const opened = Object.entries(others).map(async ([name, other]) => [name, (await other.open()).test]);
      return { dataset: await own.open(), odd: Object.fromEntries(await Promise.all(opened)) };
    },
  };
}

/** The images of one class, whose number is the seed, and the rest as odd ones. */
function oneClass(all: Source): BenchSet {
  return {
    missing: all.missing,
    async open(seed) {
      const dataset = await all.open();
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
        odd: { 'the rest': part(dataset.test, false) },
      };
    },
  };
}
