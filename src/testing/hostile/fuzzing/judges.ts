// Finds results that silently differ, in outcomes that meet the general contract.
import { readdirSync } from 'node:fs';
import { errorsOf } from '../contract.ts';
import type { Outcome } from '../runCommands.ts';

type Judge = (outcome: Outcome) => string | undefined;

/** `evaluate --json` must refuse, or find the same bits/dim. */
export function sameBits(expected: number): Judge {
  return ({ code, stdout }) => {
    if (code !== 0) {
      return undefined;
    }
    const { bitsPerDim } = JSON.parse(stdout) as { bitsPerDim: number };
    return bitsPerDim === expected ? undefined : `silently ${bitsPerDim} instead of ${expected} bits/dim`;
  };
}

/** The command must refuse, or print this. */
export function samePrint(expected: string): Judge {
  return ({ code, stdout }) =>
    code !== 0 || stdout === expected ? undefined : `silently prints ${JSON.stringify(stdout)}`;
}

/** `runs` must list the sound run beside the broken one. */
export const listsSound: Judge = ({ code, stdout }) =>
  code === 0 && /^run2 /m.test(stdout) ? undefined : `a broken run hides others: ${JSON.stringify(stdout)}`;

/** `decode --json` must refuse, or write as many files as it has images. */
export function allDecoded(out: string): Judge {
  return (outcome) => {
    if (outcome.code !== 0 || errorsOf(outcome).length > 0) {
      return undefined;
    }
    const { images } = JSON.parse(outcome.stdout) as { images: number };
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return files.length === images ? undefined : `${images} images in ${files.length} files`;
  };
}
