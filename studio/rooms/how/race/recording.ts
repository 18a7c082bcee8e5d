// A recorded race of two mixings, and its result in sentences.

/** The recording. */
export interface Recording {
  /** The two mixings. */
  readonly mixings: readonly string[];
  /** The settings that differ from Train's defaults. */
  readonly width: number;
  readonly batch: number;
  /** How many digits were trained on, and how many were measured. */
  readonly images: { readonly training: number; readonly validation: number };
  /** The samples of the first seed at every step, from the same latents. */
  readonly samples: { readonly count: number; readonly temperature: number; readonly seed: number };
  readonly seeds: readonly number[];
  /** The recorded steps. */
  readonly steps: readonly number[];
  /** bits/dim of the validation images by mixing, seed and step. */
  readonly bitsPerDim: readonly (readonly (readonly number[])[])[];
  /** The steps after which training rolled back to earlier weights, with half the learning rate, by mixing and seed. */
  readonly rollbacks: readonly (readonly (readonly number[])[])[];
}

/** The means of both mixings over seeds at a recorded step. */
export function meansAt({ bitsPerDim }: Recording, step: number): number[] {
  return bitsPerDim.map((bySeed) => mean(bySeed.map((bySteps) => bySteps[step]!)));
}

/** The result at the last step, in two sentences. */
export function describeResult(recording: Recording): string {
  const { mixings, seeds, steps, bitsPerDim, images } = recording;
  const last = steps.length - 1;
  const [mine, theirs] = meansAt(recording, last) as [number, number];
  const [name, otherName] = mixings.map(describeLayers) as [string, string];
  const leads = seeds.map((_, seed) => bitsPerDim[1]![seed]![last]! - bitsPerDim[0]![seed]![last]!);
  const [least, greatest] = [Math.min(...leads), Math.max(...leads)];
  const wins = leads.filter((lead) => lead > 0).length;
  const reached = `After ${steps[last]!.toLocaleString('en')} steps, ${name} reach ${mine.toFixed(3)} bits/dim and ${otherName} ${theirs.toFixed(3)}, on ${images.validation.toLocaleString('en')} digits that they weren’t trained on (means over ${seeds.length} seeds; lower is better).`;
  if (wins === seeds.length) {
    return `${reached} With each seed, ${name} need fewer bits, by ${least.toFixed(3)} to ${greatest.toFixed(3)}.`;
  }
  if (wins === 0) {
    return `${reached} With each seed, ${otherName} need fewer bits, by ${(-greatest).toFixed(3)} to ${(-least).toFixed(3)}.`;
  }
  return `${reached} Neither wins with every seed: ${name} need fewer bits with ${wins} of ${seeds.length}, and the difference is between ${signed(-greatest)} and ${signed(-least)}.`;
}

/** What a reader should know about unstable trainings, in sentences; empty if there were none. */
export function describeRollbacks({ mixings, seeds, rollbacks }: Recording): string {
  return mixings
    .flatMap((mixing, mixingIndex) =>
      seeds.flatMap((seed, index) =>
        rollbacks[mixingIndex]![index]!.map(
          (step) =>
            `With seed ${seed}, the training of ${describeLayers(mixing)} became unstable at step ${step.toLocaleString('en')} and continued at half the learning rate.`,
        ),
      ),
    )
    .join(' ');
}

/** What layers of a mixing are called. */
export function describeLayers(mixing: string): string {
  return `${mixing} convolutions`;
}

function signed(number: number): string {
  return `${number < 0 ? '−' : '+'}${Math.abs(number).toFixed(3)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
