// Options that several commands share, and how their values are read.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CompileOptions } from '../engine/program.ts';
import { type Device, devices } from '../engine/runtime.node.ts';
import { unknownName } from '../errors.ts';

/** What every command that runs programs takes. */
export interface EngineOptions {
  readonly device: Device;
  readonly threads?: number;
}

/** Adds `--device`, `--threads`. */
export function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--device <name>', `where to run: ${devices.join(', ')}`)
        .argParser(oneOf('device', devices))
        .default('cpu'),
    )
    .option('--threads <n>', 'threads that share each operation (default: one a core)', wholeNumber(1));
}

/** How programs are compiled for these options. */
export function compileOptions({ device, threads }: EngineOptions): CompileOptions {
  return { device, ...(threads !== undefined && { threads }) };
}

/** A parser of whole numbers of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`It must be a whole number of ${least} or more.`);
    }
    return value;
  };
}

/** A parser of numbers of at least 0. */
export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number of 0 or more.');
  }
  return value;
}

/** A parser of one of the given names. */
export function oneOf<const Names extends readonly string[]>(
  kind: string,
  names: Names,
): (text: string) => Names[number] {
  return (text) => {
    if (!names.includes(text)) {
      throw unknownName(kind, text, names);
    }
    return text as Names[number];
  };
}

/** Collects an option that may be given several times. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
