// Kills this process inside one of its own writes, which another process could not time.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** A write that kills the process. */
export interface DeadlyWrite {
  /** A part of the paths of the files to count. */
  readonly path: string;
  /** The number of the write to these files, from 1. */
  readonly write: number;
  /** The share of its bytes that reach the file, between 0 and 1. */
  readonly share: number;
}

/** Kills this process inside a write, as `kill -9` would. */
export function dieInWrite({ path, write, share }: DeadlyWrite): void {
  const { openSync, writeSync } = fs;
  const counted = new Set<number>();
  let writes = 0;
  fs.openSync = (name, ...otherArgs) => {
    const file = openSync(name, ...otherArgs);
    // Descriptors are reused.
    counted.delete(file);
    if (String(name).includes(path)) {
      counted.add(file);
    }
    return file;
  };
  const writeUntil = (file: number, bytes: Uint8Array, offset = 0, length?: number, position?: number) => {
    if (counted.has(file) && ++writes === write) {
      writeSync(file, bytes, offset, Math.floor(share * (bytes.length - offset)), position);
      process.kill(process.pid, 'SIGKILL');
    }
    return writeSync(file, bytes, offset, length, position);
  };
  fs.writeSync = writeUntil as typeof fs.writeSync;
  syncBuiltinESMExports();
}
