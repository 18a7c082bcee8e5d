// Why latents cannot be decoded, in words.
import { call, option, type Phrase, phrase } from '../../errors.ts';

/** Why latents of an image with this largest one, in float64 or not, cannot be decoded; follows a colon. */
export function tooFarOut(largest: number, double: boolean): Phrase {
  const remedy = double ? [] : phrase`encode it with ${option('precision', 'float64')}, or `;
  return phrase`${whyTooFarOut(largest)}; ${remedy}see ${call('diagnose')}`;
}

/** The same without a remedy, for latents that were not encoded from an image. */
export function whyTooFarOut(largest: number): string {
  return `its largest latent is ${Number(largest.toPrecision(3))}, and rounding grows without bound in the inverse of this model`;
}
