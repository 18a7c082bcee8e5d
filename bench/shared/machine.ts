// The machine that was measured.
import { availableParallelism, cpus } from 'node:os';
import { formatCounted } from '../../src/app/cli/terminal/format.ts';

/** The processor and its threads, or the number used. */
export function machine(threads = availableParallelism()): string {
  return `${cpus()[0]?.model.trim()}, ${formatCounted(threads, 'thread')}`;
}
