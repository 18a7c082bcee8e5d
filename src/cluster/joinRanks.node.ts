// Joining the processes that a launcher has started together with this one.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { UserError } from '../errors.ts';
import { availableCores } from '../platform/machine.node.ts';
import { type Launch, launchIn } from './launcher.ts';
import { joinMpiJob, type MpiJob } from './openMpi.node.ts';
import { gather, LeaderFailed, onlyRank, type Ranks } from './ranks.ts';

/**
 * The processes that a launcher (mpirun, srun) has started together; only this one without a launcher.
 *
 * @throws UserError (`unsupported`) if koffi or Open MPI's library is missing, or the launcher is not for it
 */
export async function joinRanks(): Promise<Ranks> {
  const launch = launchIn(process.env);
  if (launch === undefined) {
    return onlyRank;
  }
  const job = await joinMpiJob();
  if (job.size !== launch.size) {
    job.finalize();
    throw launch.rank === 0 ? notTogether(launch) : new LeaderFailed();
  }
  let left = false;
  process.once('exit', (code) => {
    if (!left) {
      // The others would wait for this process forever.
      job.abort(code || 1);
    }
  });
  const base = ranksOf(job, async () => {
    await job.meet(Number.POSITIVE_INFINITY);
    left = true;
    job.finalize();
  });
  const places = await gather(base, { host: hostname(), processors: allowedProcessors() });
  const own = places[job.rank]!;
  const sharing = places.filter(({ host, processors }) => host === own.host && processors === own.processors);
  return {
    ...base,
    hosts: places.map(({ host }) => host),
    cores: Math.max(1, Math.floor(availableCores() / sharing.length)),
  };
}

function ranksOf(job: MpiJob, leave: () => Promise<void>): Ranks {
  return {
    rank: job.rank,
    size: job.size,
    hosts: [],
    cores: 1,
    sum: (numbers) => job.sum(numbers),
    broadcast: (bytes, from) => job.broadcast(bytes, from),
    meet: (seconds = Number.POSITIVE_INFINITY) => job.meet(seconds),
    leave,
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
    mpiexec: "use Open MPI's mpirun instead of that of MPICH or Intel MPI",
  }[launcher];
  return new UserError(
    'unsupported',
    `${launcher} has started ${size} processes, but each is alone for Open MPI: ${remedy}`,
  );
}
