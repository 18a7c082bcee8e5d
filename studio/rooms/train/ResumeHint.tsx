// How to resume a downloaded run in a terminal.

import { DIGITS_COUNT, DIGITS_DATASET, DIGITS_FILE } from '../../work/digits.ts';
import type { RunAbout } from '../../work/keptRuns.ts';

/** The commands. */
export function ResumeHint({ name, about }: { name: string; about: RunAbout }) {
  return (
    <div class="training-hint">
      <p class="control-note">Unzip, then resume in a terminal:</p>
      <pre>
        {about.isDigits
          ? `emerging datasets prepare ${DIGITS_DATASET} --limit ${DIGITS_COUNT} --out ${DIGITS_FILE}\nemerging train --resume ${name} --data ${DIGITS_FILE}`
          : `emerging datasets prepare FOLDER --size N --channels N --out pictures.images\nemerging train --resume ${name} --data pictures.images`}
      </pre>
    </div>
  );
}
