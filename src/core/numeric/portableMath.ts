// Functions that return the same bits on every machine: built only on + − × ÷ and the bits of numbers, which
// IEEE 754 defines exactly. Math.exp, Math.log and their like are up to each engine.

const view = new DataView(new ArrayBuffer(8));

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^k for −1022 ≤ k ≤ 1023, at k + 1022: a table is faster than writing the bits of each. */
const powersOfTwo = new Float64Array(2046);
for (let k = 0, [up, down] = [1, 1]; k <= 1023; k++) {
  powersOfTwo[1022 + k] = up;
  powersOfTwo[1022 - Math.min(k, 1022)] = down;
  up *= 2;
  down /= k < 1022 ? 2 : 1;
}

/**
 * eˣ, with a relative error below 1e-15; 0 below −708 and infinity above 709, where the result would need other care.
 *
 * x = k·ln 2 + r with |r| ≤ ½ ln 2, and eʳ = 1 + r + r·c/(2 − c) for c = r − r²·P(r²), a minimax polynomial. Source of the
 * coefficients: FreeBSD's e_exp.c.
 */
export function portableExp(x: number): number {
  if (!(x >= -708)) {
    return x < -708 ? 0 : Number.NaN;
  }
  if (x > 709) {
    return Number.POSITIVE_INFINITY;
  }
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const polynomial =
    t *
    (0.16666666666666602 +
      t *
        (-0.0027777777777015593 +
          t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  const c = r - polynomial;
  return (1 - (low - (r * c) / (2 - c) - high)) * powersOfTwo[k + 1022]!;
}

/**
 * ln x of a normal number x > 0, with a relative error below 1e-15; −∞ at 0, NaN below.
 *
 * x = 2^k·(1 + f) with 1 + f in [√½, √2), and ln(1 + f) = f − f²/2 + s·(f²/2 + R(s²)) for s = f/(2 + f). Source of the
 * coefficients: FreeBSD's e_log.c.
 */
export function portableLog(x: number): number {
  if (!(x > 0)) {
    return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  }
  if (x === Number.POSITIVE_INFINITY) {
    return x;
  }
  view.setFloat64(0, x);
  const top = view.getInt32(0);
  // The mantissa in [1, 2), halved if it is above √2.
  view.setInt32(0, (top & 0x000fffff) | 0x3ff00000);
  let k = (top >> 20) - 1023;
  let m = view.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    k++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + odd + even) + k * LN2_LOW) - f);
}

/**
 * eˣ − 1, with a relative error below 1e-15. Near 0 the rounding of u = eˣ is undone by the factor x/ln u. Source: Kahan, in
 * Higham, Accuracy and Stability of Numerical Algorithms (2002), section 1.14.1.
 */
export function portableExpm1(x: number): number {
  const u = portableExp(x);
  return u === 1
    ? x
    : u - 1 === -1 || u === Number.POSITIVE_INFINITY
      ? u - 1
      : ((u - 1) / portableLog(u)) * x;
}

/** ln(1 + x), with a relative error below 1e-15, in the same way. */
export function portableLog1p(x: number): number {
  const u = 1 + x;
  return u === 1 ? x : u === Number.POSITIVE_INFINITY ? u : portableLog(u) * (x / (u - 1));
}

/** 1/(1 + e⁻ˣ), with a relative error below 1e-15. */
export function portableSigmoid(x: number): number {
  return 1 / (1 + portableExp(-x));
}

/** (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), with a relative error below 1e-15. */
export function portableTanh(x: number): number {
  const u = portableExpm1(-2 * Math.abs(x));
  const size = -u / (u + 2);
  return x < 0 ? -size : size;
}

/** sin x, with a relative error below 1e-15; NaN for what is not finite. */
export function portableSin(x: number): number {
  const { quadrant, rest: remainder } = inQuadrant(x);
  const value = quadrant % 2 === 0 ? sinSeries(remainder) : cosSeries(remainder);
  return quadrant < 2 ? value : -value;
}

/** cos x, with a relative error below 1e-15; NaN for what is not finite. */
export function portableCos(x: number): number {
  const { quadrant, rest: remainder } = inQuadrant(x);
  const value = quadrant % 2 === 0 ? cosSeries(remainder) : sinSeries(remainder);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}

/** Sums of power series for |x| ≤ π/4, with the terms that 1e-17 needs, the smallest first. */
function sinSeries(x: number): number {
  let sum = 0;
  for (let n = 19; n >= 3; n -= 2) {
    sum = ((1 + sum) * -(x * x)) / (n * (n - 1));
  }
  return x + x * sum;
}

function cosSeries(x: number): number {
  let sum = 0;
  for (let n = 20; n >= 2; n -= 2) {
    sum = ((1 + sum) * -(x * x)) / (n * (n - 1));
  }
  return 1 + sum;
}

/** Fractional bits used to reduce angles: enough for the largest numbers, and for those next to a multiple of π/2. */
const ANGLE_BITS = 1300n;

/** The bits that remain of an angle in [−π/4, π/4]. */
const REST_BITS = 200n;

let quarterTurn: bigint | undefined;

/** x = k·π/2 + rest with |rest| ≤ π/4, and the quadrant k mod 4. */
function inQuadrant(x: number): { quadrant: number; rest: number } {
  if (Math.abs(x) <= Math.PI / 4 || !Number.isFinite(x)) {
    return { quadrant: 0, rest: Number.isFinite(x) ? x : Number.NaN };
  }
  // π/2 = 8·arctan 1/5 − 2·arctan 1/239: Machin.
  quarterTurn ??= 8n * arctangent(5n) - 2n * arctangent(239n);
  const angle = fixedPoint(x);
  const quarters = floorDivide(2n * angle + quarterTurn, 2n * quarterTurn);
  const remainder = angle - quarters * quarterTurn;
  return {
    quadrant: Number(((quarters % 4n) + 4n) % 4n),
    rest: Number(remainder >> (ANGLE_BITS - REST_BITS)) / 2 ** Number(REST_BITS),
  };
}

/** arctan 1/n in fixed point. */
function arctangent(n: bigint): bigint {
  let [sum, power] = [0n, (1n << ANGLE_BITS) / n];
  for (let odd = 1n; power !== 0n; odd += 2n) {
    sum += odd % 4n === 1n ? power / odd : -(power / odd);
    power /= n * n;
  }
  return sum;
}

/** A finite number in fixed point, exactly. */
function fixedPoint(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0n ? 0n : 1n << 52n);
  const size = mantissa << (ANGLE_BITS + (exponent === 0n ? 1n : exponent) - 1075n);
  return x < 0 ? -size : size;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return quotient * b > a ? quotient - 1n : quotient;
}

/**
 * The distribution function of the standard normal, with an absolute error below 1e-15: Hart's rational functions times
 * e^(−x²/2), and a continued fraction beyond 7. Source: West, Better approximations to cumulative normal functions (2005).
 */
export function normalDistribution(x: number): number {
  const size = x < 0 ? -x : x;
  if (size > 37) {
    return x > 0 ? 1 : 0;
  }
  const density = portableExp(-0.5 * size * size);
  let above: number;
  if (size < 7.07106781186547) {
    const numerator =
      ((((((0.0352624965998911 * size + 0.700383064443688) * size + 6.37396220353165) * size +
        33.912866078383) *
        size +
        112.079291497871) *
        size +
        221.213596169931) *
        size +
        220.206867912376) *
      density;
    const denominator =
      ((((((0.0883883476483184 * size + 1.75566716318264) * size + 16.064177579207) * size +
        86.7807322029461) *
        size +
        296.564248779674) *
        size +
        637.333633378831) *
        size +
        793.826512519948) *
        size +
      440.413735824752;
    above = numerator / denominator;
  } else {
    above = density / (2.506628274631 * (size + 1 / (size + 2 / (size + 3 / (size + 4 / (size + 0.65))))));
  }
  return x > 0 ? 1 - above : above;
}
