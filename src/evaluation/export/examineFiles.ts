// Compares all files of an export with its manifest, including those that this library doesn't read.
import { startSha256 } from '../../platform/sha256.node.ts';
import { exists, withFile } from '../../storage/files.ts';
import { pathIn } from '../../storage/folders.ts';
import { readManifest } from '../../trained/loading/loadTrained.ts';
import { type FileChecksum, problemOfFile } from '../../trained/loading/manifest.ts';

/** The bytes per read. */
const BLOCK = 2 ** 22;

/**
 * Compares the files of an export with its manifest: one line for each wrong file. Missing files are not reported: they can't
 * give wrong results.
 *
 * @throws UserError if the manifest is damaged, or a file cannot be read
 */
export async function examineFiles(directory: string): Promise<readonly string[]> {
  const manifest = readManifest(directory);
  const problems: string[] = [];
  for (const name of manifest.files.keys()) {
    const path = pathIn(directory, name);
    if (exists(path)) {
      const problem = problemOfFile(manifest, name, path, await checksumAt(path));
      problems.push(...(problem === undefined ? [] : [problem]));
    }
  }
  return problems;
}

function checksumAt(path: string): Promise<FileChecksum> {
  return withFile(path, async (file) => {
    const hash = startSha256();
    for (let begin = 0; begin < file.size; begin += BLOCK) {
      hash.update(await file.read(begin, Math.min(BLOCK, file.size - begin)));
    }
    return { bytes: file.size, sha256: hash.digest() };
  });
}
