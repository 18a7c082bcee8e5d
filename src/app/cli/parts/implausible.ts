// Notes on bits/dim on which a model fails. Not in modelOptions.ts: commands that measure nothing need no doctor.
import { checkNamed } from '../../../uses/doctor/index.ts';
import { formatCount } from '../terminal/format.ts';
import { noteOnStderr } from '../terminal/output.ts';
import { shellWord } from '../terminal/wording.ts';

/** Notes if some of these bits/dim are beyond the doctor's limit, on which a model fails. */
export function noteImplausible(
  values: readonly number[],
  { what: subject, bits, directory }: { what: string; bits: number | undefined; directory: string },
): void {
  const limit = checkNamed('bitsPerDim').problem! * (bits ?? Number.POSITIVE_INFINITY);
  const failed = values.filter((value) => !(value <= limit)).length;
  if (failed > 0) {
    const reason = bits === undefined ? 'not a number' : `above ${formatCount(limit)} bits/dim`;
    noteOnStderr(
      `${subject}: ${formatCount(failed)} of ${formatCount(values.length)} ${reason}, where the model fails: these values mean ` +
        `nothing else; emerging doctor ${shellWord(directory)} examines its layers`,
    );
  }
}
