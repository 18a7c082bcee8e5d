// A damaged input: the damage to its files, and the command that reads them.
import type { RandomStream } from '../../../numeric/random.ts';
import type { Outcome } from '../runCommands.ts';
import type { Place, Workplace } from './workplace.ts';

/** A command on damaged files. */
export interface Trap {
  /** The words of the command. */
  readonly args: readonly string[];
  /** A problem in an outcome that meets the general contract. */
  judge?(outcome: Outcome): string | undefined;
}

/** A damaged input in its place. */
interface Damaged extends Trap {
  /** What was damaged, and how. */
  readonly what: string;
}

/** Makes one damaged input. */
export type Damage = (place: Place, random: RandomStream, workplace: Workplace) => Damaged;
