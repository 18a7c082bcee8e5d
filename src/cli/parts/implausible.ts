// A note on bits/dim so high that they say more about the model than about the images.
import { checkNamed } from '../../evaluation/doctor/checks.ts';
import { formatCount } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { shellWord } from '../terminal/shellWord.ts';

/** Notes if some of these bits/dim are beyond the doctor's limit, on which a model fails. */
export function noteImplausible(
  values: readonly number[],
  { what, bits, directory }: { what: string; bits: number | undefined; directory: string },
): void {
  const limit = checkNamed('bitsPerDim').problem! * (bits ?? Number.POSITIVE_INFINITY);
  const failed = values.filter((value) => !(value <= limit)).length;
  if (failed > 0) {
    const most = bits === undefined ? 'not a number' : `above ${formatCount(limit)} bits/dim`;
    noteOnStderr(
      `${what}: ${formatCount(failed)} of ${formatCount(values.length)} ${most}, where the model fails: these values mean ` +
        `nothing else; emerging doctor ${shellWord(directory)} examines its layers`,
    );
  }
}
