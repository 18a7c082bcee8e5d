// Measurements against their limits.
import { type LimitName, limitOf } from './limits.ts';

/** One number measured on a layer, or on the model as a whole. */
export interface Measurement {
  /** Which limit applies. */
  readonly name: LimitName;
  /** The path of the layer; `model` for the model as a whole. */
  readonly layer: string;
  /** What was measured. */
  readonly value: number;
  /** The measurement in words; by default those of the limit. */
  readonly what?: string;
  /** The uncertainty of the value, which is allowed for. */
  readonly uncertainty?: number;
  /** Present and true if the value is an estimate: other images, noise or random directions would give another. */
  readonly estimated?: boolean;
}

/** A measurement beyond a limit. */
export interface Finding {
  /** The path of the layer; `model` for the model as a whole. */
  readonly layer: string;
  /** The measurement in words. */
  readonly what: string;
  /** What was measured. */
  readonly value: number;
  /** The limit that was exceeded. */
  readonly limit: number;
  /** The key of the measurement. */
  readonly name: LimitName;
  /** Present and true if the value is an estimate. */
  readonly estimated?: boolean;
}

/** The verdict on the measurements. */
export interface Verdict {
  /** Whether there is no problem; warnings do not count. */
  readonly ok: boolean;
  /** What is wrong. */
  readonly problems: readonly Finding[];
  /** What is worth a look. */
  readonly warnings: readonly Finding[];
  /** For each limit with measurements, the one closest to it or farthest beyond. */
  readonly worst: readonly Measurement[];
  /** The measurement of a single layer closest to its limit or farthest beyond; null if none was measured. */
  readonly worstLayer: Measurement | null;
}

/** Checks measurements against their limits. */
export function judge(measurements: readonly Measurement[]): Verdict {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const worst = new Map<LimitName, Measurement>();
  for (const measurement of measurements) {
    const { name, layer, value } = measurement;
    const { what, problem, warning } = limitOf(name);
    const finding = (limit: number): Finding => ({
      layer,
      what: measurement.what ?? what,
      value,
      limit,
      name,
      ...(measurement.estimated && { estimated: true }),
    });
    if (problem !== undefined && isBeyond(measurement, problem)) {
      problems.push(finding(problem));
    } else if (warning !== undefined && isBeyond(measurement, warning)) {
      warnings.push(finding(warning));
    }
    const before = worst.get(name);
    if (!before || strain(measurement) > strain(before)) {
      worst.set(name, measurement);
    }
  }
  const worstLayer = [...worst.values()]
    .filter(({ name }) => limitOf(name).of === 'layer')
    .reduce<Measurement | null>((most, next) => (most && strain(most) >= strain(next) ? most : next), null);
  return { ok: problems.length === 0, problems, warnings, worst: [...worst.values()], worstLayer };
}

/** How close a measurement is to its limit: 1 at the limit, above 1 beyond it; infinite for NaN. */
function strain({ name, value, uncertainty = 0 }: Measurement): number {
  const { worse, problem, warning } = limitOf(name);
  const limit = problem ?? warning!;
  const ratio = worse === 'larger' ? Math.max(value - uncertainty, 0) / limit : limit / (value + uncertainty);
  if (Number.isNaN(value)) {
    return Number.POSITIVE_INFINITY;
  }
  // 0/0: a zero value with a limit of zero.
  return Number.isNaN(ratio) ? 0 : ratio;
}

function isBeyond({ name, value, uncertainty = 0 }: Measurement, limit: number): boolean {
  // Negated, so that NaN is beyond every limit.
  return limitOf(name).worse === 'larger' ? !(value <= limit + uncertainty) : !(value >= limit - uncertainty);
}
