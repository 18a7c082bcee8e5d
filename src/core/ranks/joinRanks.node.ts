// Joining the processes that a launcher has started together with this one.
import { readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.ts';
import { availableCores } from '../platform/machine.node.ts';
import { Exchanges, LEAST_SECONDS, waitingTime } from './exchanges.node.ts';
import { openMpi } from './openMpi.node.ts';
import { gather, type Launch, launchIn, onlyRank, type Ranks, withoutLaunch } from './ranks.ts';

/** How ranks are joined. */
export interface JoinOptions {
  /** The least time in seconds that a rank waits for others before it takes them for lost; default 30. */
  readonly leastPatience?: number;
}

/**
 * The processes that a launcher (mpirun, srun) has started together; only this one without a launcher. If some of them do
 * not come in time, this is printed, and the process is killed.
 *
 * @throws UserError (`unsupported`) if koffi or Open MPI's library is missing, or the launcher is not for it
 */
export async function joinRanks({ leastPatience = LEAST_SECONDS }: JoinOptions = {}): Promise<Ranks> {
  const launch = launchIn(process.env);
  if (launch === undefined) {
    return onlyRank;
  }
  const join = await openMpi();
  const job = await whileOthersJoin(lateText(launch, leastPatience), join);
  if (job.size !== launch.size) {
    // With others, it would wait for them.
    if (job.size === 1) {
      job.finalize();
    }
    throw notTogether(launch);
  }
  let hasLeft = false;
  const say = (message: string): void => {
    writeSync(2, `rank ${job.rank} on ${hostname()}: ${message}\n`);
  };
  // Node would print an error that nobody caught only after the end of all processes, that is, never.
  process.on('uncaughtExceptionMonitor', (error) => say(error.stack ?? String(error)));
  process.once('exit', (code) => {
    if (!hasLeft) {
      if (code === 0) {
        say('ended without calling leave(), so all other ranks are stopped');
      }
      // The others would wait for this process.
      job.abort(code || 1);
    }
  });
  const exchanges = new Exchanges(job, leastPatience);
  const base: Ranks = {
    rank: job.rank,
    size: job.size,
    hosts: [],
    cores: 1,
    sum: (numbers) => exchanges.sum(numbers),
    broadcast: (bytes, from) => exchanges.broadcast(bytes, from),
    meet: (seconds) => exchanges.meet(seconds),
    async leave() {
      await exchanges.meet();
      hasLeft = true;
      job.finalize();
    },
  };
  const places = await gather(base, { host: hostname(), processors: allowedProcessors() });
  const ownHost = places[job.rank]!;
  const sharing = places.filter(
    ({ host, processors }) => host === ownHost.host && processors === ownHost.processors,
  );
  exchanges.hosts = places.map(({ host }) => host);
  return {
    ...base,
    hosts: exchanges.hosts,
    cores: Math.max(1, Math.floor(availableCores() / sharing.length)),
  };
}

/** How long this process waits for others to join, and what is said if they do not. */
function lateText({ launcher, rank, size }: Launch, least: number): { seconds: number; message: string } {
  const seconds = waitingTime(rank, performance.now() / 1000, least);
  return {
    seconds,
    message:
      `emerging: rank ${rank} on ${hostname()} has waited ${Math.round(seconds)} seconds for all ${size} processes that ` +
      `${launcher} has started: check the machines and the network, or start without the one that hangs`,
  };
}

/** The processors that this process may run on: launchers bind ranks to some; empty if the system does not say. */
function allowedProcessors(): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    // Not Linux: no launcher binds processes there.
    return '';
  }
}

function notTogether({ launcher, size }: Launch): UserError {
  const remedy = {
    mpirun: 'use the mpirun of the same Open MPI',
    srun: 'set SLURM_MPI_TYPE=pmix for srun, or use mpirun inside of sbatch',
    mpiexec: "use Open MPI's mpirun, not MPICH's or Intel MPI's",
  }[launcher];
  return new UserError(
    'unsupported',
    `${launcher} has started ${size} processes, but Open MPI has not connected them: ${remedy}; to start one process, use ${withoutLaunch}`,
  );
}

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

/** Calls a function that blocks this thread. If it takes too long, the process is killed, which ends the others too. */
async function whileOthersJoin<Joined>(
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
