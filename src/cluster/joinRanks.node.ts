// Joining the processes that a launcher has started together with this one.
import { readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { UserError } from '../errors.ts';
import { availableCores } from '../platform/machine.node.ts';
import { Exchanges, LEAST_SECONDS, patienceOf } from './exchanges.node.ts';
import { type Launch, launchIn, withoutLaunch } from './launcher.ts';
import { openMpi } from './openMpi.node.ts';
import { gather, onlyRank, type Ranks } from './ranks.ts';
import { whileOthersJoin } from './startWatch.node.ts';

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
  const mpi = await openMpi();
  const job = await whileOthersJoin(lateText(launch, leastPatience), () => mpi.join());
  if (job.size !== launch.size) {
    // With others, it would wait for them.
    if (job.size === 1) {
      job.finalize();
    }
    throw notTogether(launch);
  }
  let left = false;
  const say = (what: string): void => {
    writeSync(2, `rank ${job.rank} on ${hostname()}: ${what}\n`);
  };
  // Node would print an error that nobody caught only after the end of all processes, that is, never.
  process.on('uncaughtExceptionMonitor', (error) => say(error.stack ?? String(error)));
  process.once('exit', (code) => {
    if (!left) {
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
      left = true;
      job.finalize();
    },
  };
  const places = await gather(base, { host: hostname(), processors: allowedProcessors() });
  const own = places[job.rank]!;
  const sharing = places.filter(({ host, processors }) => host === own.host && processors === own.processors);
  exchanges.hosts = places.map(({ host }) => host);
  return {
    ...base,
    hosts: exchanges.hosts,
    cores: Math.max(1, Math.floor(availableCores() / sharing.length)),
  };
}

/** How long this process waits for others to join, and what is said if they do not. */
function lateText({ launcher, rank, size }: Launch, least: number): { seconds: number; message: string } {
  const seconds = patienceOf(rank, performance.now() / 1000, least);
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
