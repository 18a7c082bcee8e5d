// The machine: its cores and memory, and turns of the event loop.
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { setImmediate } from 'node:timers/promises';

/** The number of threads this process can run in parallel. */
export function availableCores(): number {
  return availableParallelism();
}

/** The threads that share an operation, unless told otherwise: all. */
export function defaultThreads(): number {
  return availableCores();
}

/** The bytes of memory that this process may still allocate, within the limits of a container. */
export function availableBytes(): number {
  const available = process.availableMemory();
  // On a Mac, Node before libuv 1.52 counts only pages that nothing uses: the system frees
  // others when they are needed, usually up to half of all.
  return process.platform === 'darwin' ? Math.max(available, totalmem() / 2) : available + cachedBytes();
}

/** The bytes that hold files in a container with a limit: Node counts them as taken, and the system frees them when needed. */
function cachedBytes(): number {
  const limit = process.constrainedMemory();
  if (!(limit > 0 && limit < totalmem())) {
    return 0;
  }
  const groups = readIfThere('/proc/self/cgroup');
  const [, unified = ''] = /^0::(.*)$/m.exec(groups) ?? [];
  const [, separate = ''] = /^\d+:(?:.*,)?memory(?:,.*)?:(.*)$/m.exec(groups) ?? [];
  // Within a container, the path may be the one outside of it.
  const folders = [unified, '', `/memory${separate}`, '/memory'];
  for (const folder of folders) {
    const [, bytes] = /^inactive_file (\d+)$/m.exec(readIfThere(`/sys/fs/cgroup${folder}/memory.stat`)) ?? [];
    if (bytes !== undefined) {
      return Number(bytes);
    }
  }
  return 0;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Lets the event loop run once: timers, signals and input get their turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
