// The effect of signals on a process that listens for them, each tested in a separate process.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, inject, it } from 'vitest';
import type {} from '../../../testing/builtPackage.ts';

const module = pathToFileURL(join(inject('builtPackage'), 'dist/app/cli/terminal/interruption.js')).href;

/** How a process ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
}

/** Runs `body` with `interruption`; sends each signal once the process has printed the word before it. */
function run(
  body: string,
  signals: readonly (readonly [word: string, signal: NodeJS.Signals])[],
): Promise<Ended> {
  const script = `
    import { listenForInterruption } from '${module}';
    const say = (text) => process.stdout.write(text + '\\n');
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const interruption = listenForInterruption(() => say('stopping'));
    ${body}`;
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const waiting = [...signals];
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      while (waiting[0] !== undefined && stdout.includes(`${waiting[0][0]}\n`)) {
        child.kill(waiting.shift()![1]);
      }
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout }));
  });
}

/** Shuts down cleanly soon after the first signal. */
const endsInOrder = `
  say('ready');
  while (!interruption.signal.aborted) await sleep(20);
  await sleep(200);
  say('ended in order');
  process.exitCode = interruption.exitCode();
  interruption.release();`;

it('treats two simultaneous signals as one, as `timeout` sends them', async () => {
  const ended = await run(endsInOrder, [
    ['ready', 'SIGTERM'],
    ['stopping', 'SIGTERM'],
  ]);
  expect(ended).toMatchObject({ code: 143, stdout: 'ready\nstopping\nended in order\n' });
});

it('ends the process at once on a second signal', async () => {
  const body = `
    say('ready');
    while (process.listenerCount('SIGINT') > 0) await sleep(20);
    say('later');
    await sleep(30_000);
    say('ended in order');`;
  const ended = await run(body, [
    ['ready', 'SIGINT'],
    ['later', 'SIGINT'],
  ]);
  expect(ended).toEqual({ code: null, signal: 'SIGINT', stdout: 'ready\nstopping\nlater\n' });
});
