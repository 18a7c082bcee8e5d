// Options and arguments with empty values, such as `--out "$RUN"` with the variable unset.
import type { Command } from 'commander';
import { UserError } from '../../errors.ts';

/**
 * Refuses a call with an empty option or argument.
 *
 * @throws UserError that names it and says whether it can be left out
 */
export function refuseEmpty(called: Command): void {
  const option = called.options.find((candidate) =>
    isEmpty(called.getOptionValue(candidate.attributeName())),
  );
  if (option !== undefined) {
    const otherwise = option.mandatory ? '' : ', or leave it out';
    throw new UserError('invalid-argument', `${option.long} is empty: give it a value${otherwise}`);
  }
  const place = called.processedArgs.findIndex(isEmpty);
  if (place >= 0) {
    const name = called.registeredArguments[place]!.name();
    throw new UserError('invalid-argument', `the argument '${name}' is empty: give it a value`);
  }
}

/** Whether a value, or one of several, is the empty string. */
function isEmpty(value: unknown): boolean {
  return [value].flat().includes('');
}
