// Time limit for all processes to join. It runs in its own thread, because MPI blocks the main thread while waiting.
import { Worker } from 'node:worker_threads';

/** Waits to be told that all have joined; if that takes too long, says so and ends the process. */
const script = `
const { writeSync } = require('node:fs');
const { workerData: { joined, seconds, message }, parentPort } = require('node:worker_threads');
parentPort.postMessage('ready');
if (Atomics.wait(joined, 0, 0, 1000 * seconds) === 'timed-out') {
  writeSync(2, message + '\\n');
  process.kill(process.pid, 'SIGKILL');
}
`;

/**
 * Calls a function that blocks this thread until other processes have joined.
 *
 * @param late how long it may take in seconds, and what is printed to stderr if it takes longer: the process is then
 *   killed, which ends the others too
 */
export async function whileOthersJoin<Joined>(
  late: { readonly seconds: number; readonly message: string },
  join: () => Joined,
): Promise<Joined> {
  const joined = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const watch = new Worker(script, { eval: true, execArgv: [], workerData: { joined, ...late } });
  const ended = new Promise((resolve) => watch.once('exit', resolve));
  // From then on it only waits: MPI changes the environment and the allocation of memory while others may not use them.
  await new Promise((resolve, reject) => watch.once('message', resolve).once('error', reject));
  try {
    return join();
  } finally {
    Atomics.store(joined, 0, 1);
    Atomics.notify(joined, 0);
    await ended;
  }
}
