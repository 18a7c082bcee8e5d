// Measurements against their limits.
import { type LimitName, limitOf } from './limits.ts';

/** One number that was measured of a layer, or of the model as a whole. */
export interface Measurement {
  /** Which limit applies. */
  readonly name: LimitName;
  /** The path of the layer; `model` for the model as a whole. */
  readonly layer: string;
  /** What was measured. */
  readonly value: number;
  /** What it is, in words; by default those of the limit. */
  readonly what?: string;
  /** How far the value may be off: so much is forgiven. */
  readonly uncertainty?: number;
}

/** A measurement beyond a limit. */
export interface Finding {
  /** The path of the layer; `model` for the model as a whole. */
  readonly layer: string;
  /** The measurement in words. */
  readonly what: string;
  /** What was measured. */
  readonly value: number;
  /** The limit that was passed. */
  readonly limit: number;
  /** The key of the measurement. */
  readonly name: LimitName;
}

/** What measurements amount to. */
export interface Verdict {
  /** Whether there is no problem; warnings do not count. */
  readonly ok: boolean;
  /** What is wrong. */
  readonly problems: readonly Finding[];
  /** What is worth a look. */
  readonly warnings: readonly Finding[];
  /** For each limit that anything was measured of, the measurement nearest to it or farthest beyond. */
  readonly worst: readonly Measurement[];
  /** The measurement of a single layer that is nearest to its limit or farthest beyond; null if none was measured. */
  readonly worstLayer: Measurement | null;
}

/** Holds measurements against their limits. */
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

/** How near a measurement is to its limit: 1 at it, more beyond; infinite for what is no number. */
function strain({ name, value, uncertainty = 0 }: Measurement): number {
  const { worse, problem, warning } = limitOf(name);
  const limit = problem ?? warning!;
  const ratio = worse === 'larger' ? Math.max(value - uncertainty, 0) / limit : limit / (value + uncertainty);
  if (Number.isNaN(value)) {
    return Number.POSITIVE_INFINITY;
  }
  // 0/0: nothing where nothing is allowed.
  return Number.isNaN(ratio) ? 0 : ratio;
}

function isBeyond({ name, value, uncertainty = 0 }: Measurement, limit: number): boolean {
  // Negated, so that NaN is beyond every limit.
  return limitOf(name).worse === 'larger' ? !(value <= limit + uncertainty) : !(value >= limit - uncertainty);
}
