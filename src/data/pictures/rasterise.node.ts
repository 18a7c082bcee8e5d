// SVG to PNG in a child process: the native renderer aborts on some input, and then only the picture is lost.
import { type ExecFileException, execFile } from 'node:child_process';
import { argumentsFor, mainBeside } from '../../core/platform/childScript.node.ts';

interface RasteriseOptions {
  /** The script that reads an SVG from stdin and writes a PNG to stdout. */
  readonly script?: string;
  /** Milliseconds after which it is killed. */
  readonly limit?: number;
}

const renderer = mainBeside(import.meta.url);
/** A plot takes about a second; this leaves room for a busy machine. */
const defaultLimit = 60_000;

/**
 * Draws an SVG on white, as the bytes of a PNG.
 *
 * @throws Error if the renderer crashes, refuses the SVG or takes too long
 */
export function rasterise(
  svg: string,
  { script = renderer, limit = defaultLimit }: RasteriseOptions = {},
): Promise<Uint8Array> {
  const options = {
    encoding: 'buffer',
    maxBuffer: Number.POSITIVE_INFINITY,
    timeout: limit,
    killSignal: 'SIGKILL',
    windowsHide: true,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, argumentsFor(script), options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(new Uint8Array(stdout));
      } else {
        reject(new Error(describeReason(error, String(stderr), limit), { cause: error }));
      }
    });
    // A renderer that exits before it has read everything is reported by its exit status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(svg);
  });
}

function describeReason(error: ExecFileException, stderr: string, limit: number): string {
  if (error.killed) {
    return `the renderer took longer than ${limit / 1000} s`;
  }
  if (error.signal) {
    return `the renderer crashed (${error.signal})`;
  }
  if (typeof error.code === 'number') {
    const [line] = stderr.trim().split('\n');
    return `the renderer failed: ${line || `exit code ${error.code}`}`;
  }
  return `the renderer could not be started: ${error.message}`;
}
