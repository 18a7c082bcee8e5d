// `emerging studio` as a user starts it, in its own process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts the built `emerging studio` in the folder of the repository, on any port, while a task runs.
 *
 * @param task is given the URL of the studio
 */
export async function withStudio<Result>(task: (url: string) => Promise<Result>): Promise<Result> {
  const studio = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'studio', '--port=0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [told] = await once(studio.stdout.setEncoding('utf8'), 'data');
    return await task(/http:\S+/.exec(told)![0]);
  } finally {
    studio.kill();
  }
}
