// Tar archives, plain or gzipped, read sequentially without unpacking them to disk.
import { createReadStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { UserError } from '../../errors.ts';
import { withFile } from '../../storage/files.ts';
import { requireSize } from '../contract/archive.ts';
import type { Budget } from '../contract/budget.ts';
import { charactersOf, corruptFile, isGzip } from './bytes.ts';

/** A file in a tar archive, with its content. */
export interface TarFile {
  /** Its path as stored in the archive; nothing is ever written there. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The bytes of a header in a tar archive. */
export const tarBlock = 512;

/**
 * Whether a file that starts with these bytes is a tar archive: its first header has the mark, or, as in archives of
 * version 7, only the right checksum.
 */
export function isTarHeader(start: Uint8Array): boolean {
  if (start.length < tarBlock || start[0] === 0) {
    return false;
  }
  if (charactersOf(start.subarray(257, 262)) === 'ustar') {
    return true;
  }
  const [from, to] = [148, 156];
  const sum = start
    .subarray(0, tarBlock)
    .reduce((total, byte, at) => total + (at >= from && at < to ? 0x20 : byte), 0);
  const stored = /^\s*([0-7]+)[\s\0]/.exec(charactersOf(start.subarray(from, to)))?.[1];
  return stored !== undefined && Number.parseInt(stored, 8) === sum;
}

/**
 * The files of a tar archive whose names are `wanted`, in its order. Links, devices and folders are left out.
 *
 * @param options.limit the maximum size of a wanted file, in bytes
 * @param options.onLink called with the name of each link: to a file in the archive, or symbolic
 * @param options.budget charged for the decompressed bytes
 * @throws OverBudget; UserError with the archive's name if it cannot be read, is corrupt or truncated, or a
 *   wanted file is too large
 */
export async function* readTar(
  path: string,
  wanted: (name: string) => boolean,
  { limit, budget, onLink }: { limit: number; budget: Budget; onLink?: (name: string) => void },
): AsyncGenerator<TarFile, void, void> {
  const start = await withFile(path, (file) => file.read(0, Math.min(2, file.size)));
  const stream = createReadStream(path);
  const source = isGzip(start) ? gunzipped(stream, budget) : stream;
  const entries = (Readable.toWeb(source) as ReadableStream<Uint8Array>)
    .pipeThrough(createTarDecoder({ strict: true }))
    .getReader();
  try {
    for (let next = await entries.read(); !next.done; next = await entries.read()) {
      const { header, body } = next.value;
      const isFile = header.type === 'file' || header.type === undefined;
      if (header.type === 'link' || header.type === 'symlink') {
        onLink?.(header.name);
      }
      if (!isFile || !wanted(header.name)) {
        // Read and discarded: cancelling a body can stop the whole stream.
        for await (const _ of body as unknown as AsyncIterable<Uint8Array>) {
        }
        continue;
      }
      requireSize(header.size, limit, `${path}: ${header.name}`);
      yield { name: header.name, bytes: await readBody(next.value) };
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : corruptFile(path, (cause as Error).message, cause);
  } finally {
    // Not awaited: cancelling while a body is being read may never settle.
    entries.cancel().catch(() => {});
    source.destroy();
    stream.destroy();
  }
}

/** The decompressed stream, as far as the budget allows. */
function gunzipped(stream: Readable, budget: Budget): Readable {
  const bounded = new Transform({
    transform(chunk: Uint8Array, _, done) {
      try {
        budget.spend(chunk.length, 'bytes');
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  // Errors are reported by the returned stream.
  pipeline(stream, createGunzip(), bounded).catch(() => {});
  return bounded;
}

async function readBody({ header, body }: ParsedTarEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(header.size);
  let length = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  if (length !== header.size) {
    throw new Error(`${header.name} ends after ${length} of ${header.size} bytes`);
  }
  return bytes;
}
