// The options of how a training step is computed.
import { type Command, Option } from 'commander';
import { type ActivationChoice, activationChoices } from '../../../training/gradients/index.ts';
import { parseChoice, threadCount } from '../parts/options.ts';

/** How a training step is computed. */
export interface StepOptions {
  readonly activations: ActivationChoice;
  readonly workers?: number;
}

/** Adds `--activations`, `--workers`. */
export function addStepOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--activations <what>',
        `whether activations are kept, or recomputed, which is slower but needs less memory: ${activationChoices.join(', ')}`,
      )
        .argParser(parseChoice('activations', activationChoices))
        .default('auto'),
    )
    .option(
      '--workers <n>',
      'number of data-parallel workers; must divide the micro-batch size. With 1, all threads share each operation (default: as many as possible if the model benefits, else 1)',
      threadCount,
    );
}
