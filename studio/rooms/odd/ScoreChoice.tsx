// The choice of a score, and what it finds.
import { type OddScore, type OddScoreName, oddScores } from 'emerging-flows';
import { changeSettings } from '../../address.ts';
import { Choice } from '../../parts/Choice.tsx';
import type { RatedSet } from './useRatings.ts';

/** Why a score can't be chosen here. */
const lacks = {
  classes: 'needs a model with classes',
  labels: 'needs labels: in a terminal',
} as const;

/** The choice; scores that can't be computed are listed with the reason. */
export function ScoreChoice({ ratings, score }: { ratings: RatedSet; score: OddScoreName }) {
  const { text, trust } = oddScores[score];
  return (
    <div class="odd-score">
      <Choice
        label="Score"
        value={score}
        options={Object.entries<OddScore>(oddScores).map(([name, { needs }]) => {
          const disabled = ratings.byScore[name as OddScoreName] === undefined;
          const missing = ratings.reference ? needs && lacks[needs] : 'needs statistics of validation images';
          return { value: name, text: disabled && missing ? `${name} (${missing})` : name, disabled };
        })}
        onChange={(value) => changeSettings({ score: value })}
      />
      <p class="control-note">
        {`${text.charAt(0).toUpperCase()}${text.slice(1)}.`} {trust}
      </p>
    </div>
  );
}
