// Kinds of random fields whose density is known, Gaussian or log-normal, each field with parameters of its spectrum.
import { RandomStream } from '../../src/core/numeric/random.ts';
import { drawField, exactDensity, type PowerLaw } from './gaussianFields.ts';

/** A kind of fields. */
export interface FieldKind {
  /** The laws of their spectra: one for all, or between two. */
  readonly from: PowerLaw;
  readonly to: PowerLaw;
  /** Whether values are e^g of a Gaussian field g. */
  readonly isLogNormal: boolean;
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

/** The exact log-density of each field in nats. */
export function exactDensities({ side, values, laws }: Fields, { isLogNormal }: FieldKind): number[] {
  return laws.map((law, index) => {
    const field = Float64Array.from(values.subarray(index * side * side, (index + 1) * side * side));
    if (!isLogNormal) {
      return exactDensity(field, side, law);
    }
    const logs = field.map(Math.log);
    // dg/dx = 1/x at each site.
    return exactDensity(logs, side, law) - logs.reduce((sum, value) => sum + value, 0);
  });
}

/** The parameters of each field's law, by name. */
export function lawParameters({ laws }: Fields): Record<keyof PowerLaw, Float64Array> {
  return {
    amplitude: Float64Array.from(laws, ({ amplitude }) => amplitude),
    slope: Float64Array.from(laws, ({ slope }) => slope),
  };
}
