// Normal noise in many dimensions, by the distance r of a point from the most likely one, over the square root of d.
import { counted } from '../../numbers.ts';

/** The largest distance shown. */
export const REACH = 1.8;

/** The density of a point at a distance, relative to the most likely point: exp(−d r²/2). */
export function pointDensity(dimensions: number): (distance: number) => number {
  return (distance) => Math.exp((-dimensions * distance ** 2) / 2);
}

/** The density of distances, r^(d − 1) exp(−d r²/2), relative to its maximum, at r² = (d − 1)/d. */
export function distanceDensity(dimensions: number): (distance: number) => number {
  const logDensity = (distance: number): number =>
    (dimensions === 1 ? 0 : (dimensions - 1) * Math.log(distance)) - (dimensions * distance ** 2) / 2;
  const highest = logDensity(Math.sqrt((dimensions - 1) / dimensions));
  return (distance) => Math.exp(logDensity(distance) - highest);
}

/** The share of points within a distance, by the trapezoidal rule. */
export function shareWithin(distance: number, dimensions: number): number {
  const density = distanceDensity(dimensions);
  const integral = (end: number): number => {
    const steps = 4000;
    let sum = 0;
    for (let step = 0; step <= steps; step++) {
      sum += density((end * step) / steps) * (step === 0 || step === steps ? 0.5 : 1);
    }
    return (sum * end) / steps;
  };
  return integral(distance) / integral(Math.max(distance, 3 + 6 / Math.sqrt(dimensions)));
}

/** Where noise is, in sentences. */
export function describeShell(dimensions: number): string {
  const within = shareWithin(0.5, dimensions);
  const share =
    within >= 0.001
      ? `${Number((100 * within).toPrecision(2))} %`
      : `1 in 10${superscript(-Math.log10(within))}`;
  const factor = Math.round(((dimensions - 1) / 2) * Math.LOG10E);
  const times = factor < 2 ? `${Math.round(Math.exp((dimensions - 1) / 2))}` : `10${superscript(factor)}`;
  const where =
    dimensions === 1
      ? 'In one dimension, both agree: most points are near the most likely one.'
      : `In ${counted(dimensions)} dimensions, the most likely point is ${times} times as likely as one at the usual distance, but there are far more points at the usual distance.`;
  return `${where} Of all noise, ${share} is nearer than half the typical distance.`;
}

/** A rounded exponent. */
function superscript(exponent: number): string {
  return [...String(Math.round(exponent))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
}
