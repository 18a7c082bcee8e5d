// Example images: samples or digits, altered copies of one, and plain images.
import { RandomStream } from 'emerging-flows';
import { countOf, imageOf } from '../../parts/Picture.tsx';
import type { Images } from '../../work/tasks.ts';

/** Images with their names. */
export interface NamedImages extends Images {
  readonly names: readonly string[];
}

/** The noise's standard deviation, in grey levels. */
const NOISE = 40;

/** The images, numbered by a noun, altered copies of the first, and plain images. */
export function alteredSet(images: Images, noun: string): NamedImages {
  const { shape } = images;
  const count = countOf(images);
  const [height, width, channels] = shape;
  const first = imageOf(images, 0).pixels;
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
  const all = [
    ...Array.from(
      { length: count },
      (_, index) => [`${noun} ${index + 1}`, imageOf(images, index).pixels] as const,
    ),
    ...Object.entries(altered),
  ];
  const pixels = new Uint8Array(all.length * first.length);
  all.forEach(([, own], index) => {
    pixels.set(own, index * first.length);
  });
  return { pixels, shape, names: all.map(([name]) => name) };
}
