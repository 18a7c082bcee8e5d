// The features that images are compared by: pixels of smaller pictures, and magnitudes of frequencies.
import { inColour, resized } from '../../../data/pixels/index.ts';
import { type ExaminedImage, SIDE } from './examinedImages.ts';
import { type SmallPicture, smallPicture } from './samePicture.ts';

/** The features of images, one row each. */
export interface Features {
  readonly width: number;
  readonly rows: Float32Array;
}

/** The side of the smaller pictures. */
const SMALLER = 16;

/** The highest frequency, in periods per picture. */
const FREQUENCIES = 7;

/** The pictures that images are compared by. */
export interface Pictures {
  /** Of 32 x 32, one for each image. */
  readonly small: readonly SmallPicture[];
  /** Of 16 x 16, one for each image. */
  readonly smaller: readonly SmallPicture[];
}

/** The pictures of images: of one channel if no image has colour. */
export function collectPictures(images: readonly ExaminedImage[]): Pictures {
  const channels = images.every(({ isGrey }) => isGrey) ? 1 : 3;
  const pictures = images.map(({ small, isGrey }) => (isGrey && channels === 3 ? inColour(small) : small));
  return {
    small: pictures.map((values) => smallPicture(smoothed(values, channels), SIDE, channels)),
    smaller: pictures.map((values) =>
      smallPicture(resized(values, [SIDE, SIDE, channels], [SMALLER, SMALLER]), SMALLER, channels),
    ),
  };
}

/**
 * A picture convolved with [1 2 1]/4 along both axes: otherwise, sharp edges at a fraction of a pixel would make shifted copies look
 * different.
 */
function smoothed(values: Uint8Array, channels: number): Uint8Array {
  return [SIDE * channels, channels].reduce((from, step) => {
    const length = SIDE * step;
    return from.map((value, index) => {
      const inLine = index % length;
      const before = inLine < step ? value : from[index - step]!;
      const after = inLine + step < length ? from[index + step]! : value;
      return Math.round((before + 2 * value + after) / 4);
    });
  }, values);
}

/** The pixels of the pictures of 16 x 16. */
export function pixelFeatures({ smaller }: Pictures): Features {
  const width = smaller[0]?.values.length ?? 0;
  const rows = new Float32Array(smaller.length * width);
  smaller.forEach(({ values }, row) => {
    rows.set(values, row * width);
  });
  return { width, rows };
}

/**
 * Square roots of the magnitudes of the low frequencies of the mean of the channels, after division by its standard
 * deviation. A shift hardly changes them, nor do brightness and contrast.
 */
export function frequencyFeatures(images: readonly ExaminedImage[]): Features {
  const tall = 2 * FREQUENCIES + 1;
  const wide = FREQUENCIES + 1;
  const width = tall * wide;
  const rows = new Float32Array(images.length * width);
  images.forEach((image, row) => {
    const values = standardised(image);
    // Along the rows, and then, of the real and imaginary parts, down the columns.
    const along = new Float64Array(SIDE * wide * 2);
    for (let y = 0; y < SIDE; y++) {
      for (let u = 0; u < wide; u++) {
        let [real, imaginary] = [0, 0];
        for (let x = 0; x < SIDE; x++) {
          const value = values[y * SIDE + x]!;
          const turn = (u * x) % SIDE;
          real += value * cosines[turn]!;
          imaginary -= value * sines[turn]!;
        }
        along[2 * (y * wide + u)] = real;
        along[2 * (y * wide + u) + 1] = imaginary;
      }
    }
    for (let v = -FREQUENCIES; v <= FREQUENCIES; v++) {
      for (let u = 0; u < wide; u++) {
        let [real, imaginary] = [0, 0];
        for (let y = 0; y < SIDE; y++) {
          const turn = (((v * y) % SIDE) + SIDE) % SIDE;
          const [re, im] = [along[2 * (y * wide + u)]!, along[2 * (y * wide + u) + 1]!];
          real += re * cosines[turn]! + im * sines[turn]!;
          imaginary += im * cosines[turn]! - re * sines[turn]!;
        }
        rows[row * width + (v + FREQUENCIES) * wide + u] = Math.sqrt(Math.hypot(real, imaginary));
      }
    }
  });
  return { width, rows };
}

const cosines = Float64Array.from({ length: SIDE }, (_, turn) => Math.cos((2 * Math.PI * turn) / SIDE));
const sines = Float64Array.from({ length: SIDE }, (_, turn) => Math.sin((2 * Math.PI * turn) / SIDE));
/** Fades to the edges, where a shift brings in other pixels. */
const fade = Float64Array.from({ length: SIDE }, (_, position) =>
  Math.sqrt(Math.sin((Math.PI * (position + 0.5)) / SIDE)),
);

function standardised({ small, isGrey }: ExaminedImage): Float64Array {
  const channels = isGrey ? 1 : 3;
  const values = new Float64Array(SIDE * SIDE);
  for (let index = 0; index < small.length; index++) {
    values[Math.floor(index / channels)]! += small[index]! / channels;
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = 1 / Math.max(1, Math.sqrt(variance));
  return values.map(
    (value, index) => (value - mean) * scale * fade[index % SIDE]! * fade[Math.floor(index / SIDE)]!,
  );
}
