// Example images: samples or digits, altered copies of one, and plain images.
import { RandomStream } from 'emerging-flows';
import { countImages, selectImage } from '../../parts/Picture.tsx';
import type { Waiting } from '../../work/calls.ts';
import { compute } from '../../work/connections.ts';
import { digitsUrl, takesDigits } from '../../work/digits.ts';
import type { Images, ModelAddress } from '../../work/models.ts';

/** Images with their names. */
export interface NamedImages extends Images {
  readonly names: readonly string[];
}

/** The noise's standard deviation, in grey levels. */
const NOISE = 40;

/** The images, numbered by a noun, altered copies of the first, and plain images. */
function alteredSet(images: Images, noun: string): NamedImages {
  const { shape } = images;
  const count = countImages(images);
  const [height, width, channels] = shape;
  const first = selectImage(images, 0).pixels;
  const random = new RandomStream(0, 'images to try');
  const noise = (): number => Math.min(255, Math.floor(256 * random.uniform()));
  const rows = (from: (row: number) => number): Uint8Array =>
    first.map((_, index) => {
      const row = Math.floor(index / (width * channels));
      return first[from(row) * width * channels + (index % (width * channels))]!;
    });
  const altered: Readonly<Record<string, Uint8Array>> = {
    [`${noun} 1, inverted`]: first.map((level) => 255 - level),
    [`${noun} 1, with noise`]: first.map((level) =>
      Math.min(255, Math.max(0, Math.round(level + NOISE * random.normal()))),
    ),
    [`${noun} 1, upside down`]: rows((row) => height - 1 - row),
    [`${noun} 1, upper half`]: first.map((level, index) => (index < first.length / 2 ? level : first[0]!)),
    'only noise': first.map(noise),
    'all black': first.map(() => 0),
    'all grey': first.map(() => 128),
    'all white': first.map(() => 255),
  };
  const alteredImages = [
    ...Array.from(
      { length: count },
      (_, index) => [`${noun} ${index + 1}`, selectImage(images, index).pixels] as const,
    ),
    ...Object.entries(altered),
  ];
  const pixels = new Uint8Array(alteredImages.length * first.length);
  alteredImages.forEach(([, imagePixels], index) => {
    pixels.set(imagePixels, index * first.length);
  });
  return { pixels, shape, names: alteredImages.map(([name]) => name) };
}

/** The number of samples. */
const SAMPLES = 6;

/** The number of digits, from the test images, which no model was trained on. */
const DIGITS = 48;

/** Example images. */
interface SetToTry extends NamedImages {
  readonly isDigits: boolean;
}

/** Digits if wanted and the model takes them, otherwise samples. */
export async function setToTry(
  model: ModelAddress,
  withDigits: boolean,
  waiting: Waiting,
): Promise<SetToTry> {
  const drawing = { model, count: SAMPLES, seed: 0, temperature: 1 };
  const samples = await compute('sample', drawing, waiting);
  if (!withDigits || !takesDigits(samples.shape)) {
    return { ...alteredSet(samples, 'sample'), isDigits: false };
  }
  const order = { url: digitsUrl(), split: 'test', from: 0, count: DIGITS } as const;
  return { ...alteredSet(await compute('digits', order, waiting), 'digit'), isDigits: true };
}
