// The data of the benchmark: random fields whose density is known, with the parameters of their spectrum.
import { conditioned } from '../../src/data/contract/conditions.ts';
import { type Dataset, type ImageSet, imagesInMemory } from '../../src/data/contract/dataset.ts';
import { RandomStream } from '../../src/numeric/random.ts';
import { drawField, exactDensity, type PowerLaw } from './spectrum.ts';

/** A kind of fields. */
export interface FieldKind {
  /** The laws of their spectra: one for all, or between two. */
  readonly from: PowerLaw;
  readonly to: PowerLaw;
  /** Whether values are e^g of a Gaussian field g. */
  readonly isLogNormal: boolean;
}

/** The kinds by the names of the experiments. */
export const fieldKinds = {
  gaussian: kindOf(1, 3, 3, false),
  'gaussian, conditioned': kindOf(1.4, 2, 3.5, false),
  'log-normal': kindOf(0.15, 3, 3, true),
  'log-normal, conditioned': kindOf(0.12, 2, 3.5, true),
} as const satisfies Record<string, FieldKind>;

/** Amplitudes are uniform between half of `amplitude` and all of it, unless the slope is fixed. */
function kindOf(amplitude: number, from: number, to: number, isLogNormal: boolean): FieldKind {
  const least = from === to ? amplitude : amplitude / 2;
  return { from: { amplitude: least, slope: from }, to: { amplitude, slope: to }, isLogNormal };
}

/** Whether fields have laws of their own, which models are conditioned on. */
export function isConditioned({ from, to }: FieldKind): boolean {
  return from.slope !== to.slope;
}

/** Fields, and the law of each. */
export interface Fields {
  readonly side: number;
  /** `[N, side, side]`. */
  readonly values: Float32Array;
  readonly laws: readonly PowerLaw[];
}

/** Draws fields. A longer set starts with the fields of a shorter one. */
export function drawFields(
  { from, to, isLogNormal }: FieldKind,
  { side, count, part }: { readonly side: number; readonly count: number; readonly part: string },
): Fields {
  const values = new Float32Array(count * side * side);
  const laws = Array.from({ length: count }, (_, index) => {
    const random = new RandomStream(0, part, index);
    const between = (low: number, high: number): number => low + (high - low) * random.uniform();
    const law = { amplitude: between(from.amplitude, to.amplitude), slope: between(from.slope, to.slope) };
    const field = drawField(side, law, random);
    values.set(isLogNormal ? field.map(Math.exp) : field, index * side * side);
    return law;
  });
  return { side, values, laws };
}

/** The exact log-density of each field in nats, and the derivatives by amplitude and slope. */
export function exactDensities(
  { side, values, laws }: Fields,
  { isLogNormal }: FieldKind,
): ReturnType<typeof exactDensity>[] {
  return laws.map((law, index) => {
    const field = Float64Array.from(values.subarray(index * side * side, (index + 1) * side * side));
    if (!isLogNormal) {
      return exactDensity(field, side, law);
    }
    const logs = field.map(Math.log);
    const { logDensity, score } = exactDensity(logs, side, law);
    // dg/dx = 1/x at each site.
    return { logDensity: logDensity - logs.reduce((sum, value) => sum + value, 0), score };
  });
}

/** The parameters of each field, by name. */
export function parametersOf({ laws }: Fields): Record<keyof PowerLaw, Float64Array> {
  return {
    amplitude: Float64Array.from(laws, ({ amplitude }) => amplitude),
    slope: Float64Array.from(laws, ({ slope }) => slope),
  };
}

/** How many fields there are, and their side. */
export interface FieldCounts {
  readonly side: number;
  readonly train: number;
  /** For testing; a quarter as many are for validation. */
  readonly held: number;
}

/** The fields of a kind that models are tested on. */
export function testFields(kind: FieldKind, { side, held }: FieldCounts): Fields {
  return drawFields(kind, { side, count: held, part: 'test' });
}

/** Training, validation and test images of a kind. */
export function datasetOf(name: string, kind: FieldKind, counts: FieldCounts): Dataset {
  const { side, train, held } = counts;
  const imagesOf = (fields: Fields): ImageSet => {
    const images = imagesInMemory(fields.values, [side, side, 1]);
    return isConditioned(kind) ? conditioned(images, parametersOf(fields), name) : images;
  };
  return {
    name,
    imageShape: [side, side, 1],
    train: imagesOf(drawFields(kind, { side, count: train, part: 'train' })),
    validation: imagesOf(drawFields(kind, { side, count: Math.ceil(held / 4), part: 'validation' })),
    test: imagesOf(testFields(kind, counts)),
  };
}
