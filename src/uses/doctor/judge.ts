// Measurements against the limits of their checks.
import { type Check, type CheckName, checkNamed, layerChecks, type Measurement } from './checks.ts';

/** A measurement beyond a limit. */
interface Finding extends Measurement {
  /** The measurement in words. */
  readonly what: string;
  /** The limit that was exceeded. */
  readonly limit: number;
  /** All of it in one line: `model: 1 of 144 hard images not recovered in float32 (limit 0)`. */
  readonly text: string;
}

/** The verdict on the measurements. */
export interface Verdict {
  /** Whether there are only warnings or nothing at all. */
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
  const worst = new Map<CheckName, Measurement>();
  for (const measurement of measurements) {
    const check = checkNamed(measurement.name);
    const { problem, warning } = check;
    if (problem !== undefined && isBeyond(measurement, problem)) {
      problems.push(finding(measurement, check, problem));
    } else if (warning !== undefined && isBeyond(measurement, warning)) {
      warnings.push(finding(measurement, check, warning));
    }
    const before = worst.get(check.name);
    if (!before || strain(measurement) > strain(before)) {
      worst.set(check.name, measurement);
    }
  }
  const worstLayer = layerChecks
    .flatMap(({ name }) => worst.get(name) ?? [])
    .reduce<Measurement | null>(
      (strained, next) => (strained && strain(strained) >= strain(next) ? strained : next),
      null,
    );
  return { ok: problems.length === 0, problems, warnings, worst: [...worst.values()], worstLayer };
}

function finding(measurement: Measurement, check: Check, limit: number): Finding {
  const { layer, total, what: subject = check.what } = measurement;
  const value = valueText(measurement);
  const isPart = check.share || total !== undefined;
  const text = `${layer}: ${isPart ? `${value} ${check.share ? 'of ' : ''}${subject}` : `${subject}: ${value}`}`;
  return { ...measurement, what: subject, limit, text: `${text} (limit ${amountText(limit, check)})` };
}

/** The value of a measurement: `≈ 1.3e-7 ± 2e-8`, `37.5 %`, `1 of 144`. */
export function valueText({ name, value, total, uncertainty = 0, estimated = false }: Measurement): string {
  const text = amountText(value, checkNamed(name));
  return [
    estimated ? '≈ ' : '',
    text,
    total === undefined ? '' : ` of ${total}`,
    uncertainty > 0 ? ` ± ${numberText(uncertainty)}` : '',
  ].join('');
}

/** An amount of what a check measures; shares are in percent. */
export function amountText(value: number, { share }: Check): string {
  return share ? `${numberText(100 * value)} %` : numberText(value);
}

/** A number in few characters. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  return value === 0 || !Number.isFinite(value) || (size >= 0.001 && size < 10_000)
    ? String(Number(value.toPrecision(3)))
    : Number(value.toPrecision(2)).toExponential();
}

/** How close a measurement is to its limit: 1 at the limit, above 1 beyond it; infinite for NaN. */
function strain({ name, value, uncertainty = 0 }: Measurement): number {
  const { worse, problem, warning } = checkNamed(name);
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
  return checkNamed(name).worse === 'larger'
    ? !(value <= limit + uncertainty)
    : !(value >= limit - uncertainty);
}
