// What holds of every compressed file: its images come back, and a damaged one never returns another image.
import fc from 'fast-check';
import { UserError } from '../../../core/errors.ts';
import { countElements, type ImageShape, RandomStream } from '../../../core/numeric/index.ts';
import type { ModelOptions } from '../../../flows/models/options.ts';
import {
  basePriors,
  conditioners,
  masks,
  mixings,
  transformers,
} from '../../../flows/models/partRegistries.ts';
import type { TrainedModel } from '../../../model/trainedModel.ts';
import { compress, decompress, type NamedImage, requireCodable } from '../../../uses/codec/index.ts';
import { randomModel } from '../../randomModel.ts';
import { parts } from '../parts.ts';
import type { Property } from '../property.ts';

/** An image of a case, with the size of one of the model's images unless the file has tiles. */
interface ImageCase {
  readonly name: string;
  readonly size: readonly [height: number, width: number];
  readonly values: 'noise' | 'equal' | 'black and white' | 'as the one before';
}

interface CodecCase {
  readonly last: readonly [height: number, width: number, channels: 1 | 3];
  readonly options: Partial<ModelOptions> & { readonly levels: number };
  readonly distance: number;
  readonly images: readonly ImageCase[];
  readonly tiles: boolean;
  readonly block: number;
  readonly withModel: boolean;
  readonly seed: number;
  /** Where the file is damaged, from 0 to 1, and how. */
  readonly damage: { readonly at: number; readonly kind: 'bit' | 'cut' | 'byte twice'; readonly bit: number };
}

const codecCases: fc.Arbitrary<CodecCase> = fc.record({
  last: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 3)),
  options: fc.record(
    {
      levels: fc.integer({ min: 1, max: 2 }),
      depth: fc.integer({ min: 1, max: 2 }),
      conditioner: parts(conditioners),
      mixing: parts(mixings),
      coupling: parts(transformers),
      mask: parts(masks),
      boundary: fc.constantFrom('zero', 'periodic'),
      prior: parts(basePriors),
      bits: fc.integer({ min: 8, max: 8 }),
      checkerboard: fc.nat(1),
      checkerboardWidth: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ['levels', 'depth', 'conditioner', 'mixing', 'checkerboardWidth'] },
  ),
  distance: fc.constantFrom(0.3, 0, 0.1, 1),
  images: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a.png', 'b', 'folder/a.png', 'ü', 'two words', '0', 'A.PNG'),
      size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
      values: fc.constantFrom('noise', 'equal', 'black and white', 'as the one before'),
    }),
    { maxLength: 5, selector: ({ name }) => name },
  ),
  tiles: fc.boolean(),
  block: fc.integer({ min: 1, max: 3 }),
  withModel: fc.boolean(),
  seed: fc.nat(1000),
  damage: fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    kind: fc.constantFrom('bit', 'cut', 'byte twice'),
    bit: fc.nat(7),
  }),
}) as fc.Arbitrary<CodecCase>;

/** The model of a case; undefined if its options, or compressing with it, are refused. */
function buildUnlessRefused({ last, options, distance }: CodecCase): TrainedModel | undefined {
  const [rows, columns, channels] = last;
  const side = 2 ** options.levels;
  try {
    const trained = randomModel([rows * side, columns * side, channels], options, distance);
    requireCodable(trained.model);
    return trained;
  } catch (error) {
    if (error instanceof UserError) {
      return undefined;
    }
    throw error;
  }
}

function drawImages({ images, tiles, seed }: CodecCase, [height, width, channels]: ImageShape): NamedImage[] {
  const random = new RandomStream(seed, 'pixels');
  const drawn: NamedImage[] = [];
  for (const { name, size, values } of images) {
    const before = drawn.at(-1);
    if (values === 'as the one before' && before) {
      drawn.push({ ...before, name });
      continue;
    }
    const shape: ImageShape = tiles ? [...size, channels] : [height, width, channels];
    const level = random.integer(256);
    const pixels = Uint8Array.from({ length: countElements(shape) }, () => {
      const noise = random.integer(256);
      return values === 'equal' ? level : values === 'black and white' ? 255 * (noise % 2) : noise;
    });
    drawn.push({ name, shape, pixels });
  }
  return drawn;
}

function damaged(bytes: Uint8Array, { at, kind, bit }: CodecCase['damage']): Uint8Array {
  const index = Math.floor(at * bytes.length);
  if (kind === 'cut') {
    return bytes.slice(0, index);
  }
  if (kind === 'byte twice') {
    return Uint8Array.from([...bytes.subarray(0, index + 1), ...bytes.subarray(index)]);
  }
  const copy = bytes.slice();
  copy[index]! ^= 1 << bit;
  return copy;
}

/** @throws unless every image is one of the originals, in their order */
function requireOriginals(
  what: string,
  images: readonly NamedImage[],
  originals: readonly NamedImage[],
): void {
  const inWords = ({ name, shape, pixels }: NamedImage): string =>
    `${name} ${shape.join('x')}: ${pixels.join(' ')}`;
  const expected = originals.map(inWords);
  let next = 0;
  for (const image of images) {
    const position = expected.indexOf(inWords(image), next);
    if (position < 0) {
      throw new Error(
        `${what}: ${inWords(image)} is none of the images after the ${next}th of ${expected.join('; ')}`,
      );
    }
    next = position + 1;
  }
}

async function checkCodec(codecCase: CodecCase): Promise<void> {
  const trained = buildUnlessRefused(codecCase);
  if (!trained) {
    return;
  }
  const images = drawImages(codecCase, trained.model.imageShape);
  const { tiles, block, withModel, damage } = codecCase;
  const bytes = await compress(trained, images, { tiles, block, withModel });
  const options = withModel ? {} : { model: trained };
  const returned = await decompress(bytes, options);
  requireOriginals('the file', returned.images, images);
  if (returned.images.length !== images.length || returned.damaged.length > 0) {
    throw new Error(
      `${images.length - returned.images.length} images are lost: ${returned.damaged.join('; ')}`,
    );
  }
  try {
    const rest = await decompress(damaged(bytes, damage), options);
    requireOriginals('the damaged file', rest.images, images);
    if (rest.images.length < images.length && rest.damaged.length === 0) {
      throw new Error(
        `${images.length - rest.images.length} images of the damaged file are lost without a word`,
      );
    }
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
  }
}

/** The properties of compressed files. */
export const codecProperties: readonly Property<CodecCase>[] = [
  {
    topic: 'codec',
    name: 'images come back exactly, and from a damaged file or not at all',
    cases: codecCases,
    tries: 20,
    check: checkCodec,
  },
];
