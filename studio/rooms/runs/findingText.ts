// The doctor's findings as text.
import type { Examined } from '../../work/doctor.ts';

type Finding = Examined['problems'][number];

/** Measurements that are shares of the whole. */
const shares: readonly Finding['name'][] = ['wrongPixelShare', 'explodedSamples'];

/** A finding with its limit: `1 of 144 hard images not recovered in float32 (limit 0)`. */
export function findingText({ layer, name, what, value, limit }: Finding): string {
  const [noun, total] = what.split(', of ');
  const isShare = shares.includes(name);
  const text =
    total !== undefined
      ? `${value} of ${total} ${noun}`
      : isShare
        ? `${short(100 * value)} % of ${what}`
        : `${what}: ${short(value)}`;
  return `${layer}: ${text} (limit ${isShare ? `${short(100 * limit)} %` : short(limit)})`;
}

/** A number in a few characters; a dash for none. */
export function short(value: number | null): string {
  return value === null
    ? '–'
    : value !== 0 && (value < 0.001 || value >= 10_000)
      ? value.toExponential(1)
      : String(Number(value.toPrecision(3)));
}
