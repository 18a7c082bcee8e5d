// The processes that share one training or measurement, which MPI calls ranks: how they are started and exchange data.
import { UserError } from '../errors.ts';
import { availableCores } from '../platform/machine.node.ts';

/** Numbers that are summed over the ranks in place. */
export type Summed = Float32Array | Float64Array;

/**
 * One of several processes that run the same program; every method is called by all of them, in the same order.
 *
 * A rank that waits longer for others than ten times as long as its own work since the last exchange took, and than 30
 * seconds, throws a UserError (`io`), which names who is missing as far as it knows.
 */
export interface Ranks {
  /** The number of this process, from 0; rank 0 leads. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** The cores that this rank may use: its share of the host's. */
  readonly cores: number;
  /** Replaces numbers by their sums over all ranks, which are the same bytes on every rank. */
  sum(numbers: Summed): Promise<void>;
  /** Replaces bytes with those sent by a rank. */
  broadcast(bytes: Uint8Array, from: number): Promise<void>;
  /**
   * Waits for all ranks. Returns once all are here. Ranks other than 0 wait however long it takes: before it, rank 0 may
   * have been working.
   *
   * @param seconds how long rank 0 waits, before it returns instead of throwing an error
   * @returns the ranks that rank 0 has waited for in vain; on other ranks none
   */
  meet(seconds?: number): Promise<readonly number[]>;
  /** Waits for all ranks, then leaves: the last call. A process that ends without it ends all others. */
  leave(): Promise<void>;
}

/** A process on its own. */
export const onlyRank: Ranks = {
  rank: 0,
  size: 1,
  hosts: ['localhost'],
  get cores() {
    return availableCores();
  },
  sum: async () => {},
  broadcast: async () => {},
  meet: async () => [],
  leave: async () => {},
};

/** Thrown on other ranks if rank 0 has failed, which reports why. */
export class LeaderFailed extends Error {
  constructor() {
    super('rank 0 has failed');
    this.name = 'LeaderFailed';
  }
}

/** Thrown if other ranks do not reach an exchange in time. */
export class RanksLost extends UserError {
  constructor(message: string) {
    super('io', message);
  }
}

/** A rank by number and, once it is known, host, for messages. */
export function nameOfRank({ hosts }: Pick<Ranks, 'hosts'>, rank: number): string {
  return hosts[rank] === undefined ? `rank ${rank}` : `rank ${rank} on ${hosts[rank]}`;
}

/** How many ranks run on the host of this one. */
export function ranksBeside({ hosts, rank }: Pick<Ranks, 'hosts' | 'rank'>): number {
  return hosts.filter((host) => host === hosts[rank]).length;
}

const reportedErrors = new WeakSet<object>();

/** Whether a failure has reached all ranks, which have stopped their work too. */
export function isKnownToAll(error: unknown): boolean {
  return error instanceof LeaderFailed || (error instanceof Error && reportedErrors.has(error));
}

/** The part of a number of images that a rank works on: as many as the others, or one more or fewer; `end` excluded. */
export function partOfRank(
  { rank, size }: Pick<Ranks, 'rank' | 'size'>,
  count: number,
): { readonly first: number; readonly end: number } {
  const firstRow = (part: number): number => Math.floor((part * count) / size);
  return { first: firstRow(rank), end: firstRow(rank + 1) };
}

/** Whether something holds on any rank. */
export async function isOnAny(ranks: Ranks, holds: boolean): Promise<boolean> {
  const count = Float64Array.of(holds ? 1 : 0);
  await ranks.sum(count);
  return count[0]! > 0;
}

/** The values of all ranks in order, as JSON. */
export async function gather<Value>(ranks: Ranks, value: Value): Promise<Value[]> {
  const values: Value[] = [];
  for (let rank = 0; rank < ranks.size; rank++) {
    values.push(rank === ranks.rank ? await send(ranks, value, rank) : await receive<Value>(ranks, rank));
  }
  return values;
}

/**
 * A value that rank 0 finds, on all ranks, as JSON.
 *
 * @throws what `find` throws on rank 0, and LeaderFailed on all others
 */
export async function fromLeader<Value>(ranks: Ranks, find: () => Value | Promise<Value>): Promise<Value> {
  if (ranks.size === 1) {
    return find();
  }
  if (ranks.rank > 0) {
    const { value, failed } = await receive<{ value: Value; failed: boolean }>(ranks, 0);
    if (failed) {
      throw new LeaderFailed();
    }
    return value;
  }
  let value: Value;
  try {
    value = await find();
  } catch (error) {
    await send(ranks, { failed: true }, 0);
    if (error instanceof Error) {
      reportedErrors.add(error);
    }
    throw error;
  }
  await send(ranks, { value, failed: false }, 0);
  return value;
}

async function send<Value>(ranks: Ranks, value: Value, from: number): Promise<Value> {
  // Without this, the others would keep a core busy for as long as it took to find the value.
  await ranks.meet();
  const bytes = new TextEncoder().encode(JSON.stringify(value) ?? 'null');
  await ranks.sum(Float64Array.of(bytes.length));
  await ranks.broadcast(bytes, from);
  return value;
}

async function receive<Value>(ranks: Ranks, from: number): Promise<Value> {
  await ranks.meet();
  const length = Float64Array.of(0);
  await ranks.sum(length);
  const bytes = new Uint8Array(length[0]!);
  await ranks.broadcast(bytes, from);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** How a process was started together with others. */
export interface Launch {
  /** The program that started it. */
  readonly launcher: 'mpirun' | 'srun' | 'mpiexec';
  /** Its number, from 0. */
  readonly rank: number;
  /** How many processes were started. */
  readonly size: number;
}

/** Variables that hold size and rank, by launcher; the first that is set counts, as mpirun may run under srun. */
const variables = [
  ['mpirun', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_RANK'],
  ['srun', 'SLURM_STEP_NUM_TASKS', 'SLURM_PROCID'],
  // MPICH and its descendants.
  ['mpiexec', 'PMI_SIZE', 'PMI_RANK'],
] as const;

/** The command that runs another as if no launcher had started it. */
export const withoutLaunch = `env ${variables.map(([, sizeName]) => `-u ${sizeName}`).join(' ')}`;

/** The most processes of a job: far more than any machine starts. */
const MOST = 2 ** 20;

/**
 * How this process was started; undefined if it is the only one.
 *
 * @throws UserError (`invalid-argument`) if its variables hold no size, or no rank of that size
 */
export function launchIn(environment: Readonly<Record<string, string | undefined>>): Launch | undefined {
  const variable = variables.find(([, sizeName]) => environment[sizeName] !== undefined);
  if (variable === undefined) {
    return undefined;
  }
  const [launcher, sizeName, rankName] = variable;
  const size = wholeNumber(environment[sizeName]);
  const rank = wholeNumber(environment[rankName] ?? '0');
  if (size === undefined || size < 1 || size > MOST) {
    throw wrong(sizeName, environment[sizeName]!, `a number of processes from 1 to ${MOST}`);
  }
  if (rank === undefined || rank >= size) {
    throw wrong(rankName, environment[rankName]!, `a number from 0 to ${size - 1}, below ${sizeName}`);
  }
  return size > 1 ? { launcher, rank, size } : undefined;
}

function wholeNumber(text: string | undefined): number | undefined {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : undefined;
}

function wrong(name: string, value: string, expected: string): UserError {
  return new UserError(
    'invalid-argument',
    `the environment variable ${name} must be ${expected}, not '${value.slice(0, 40)}': MPI launchers set it; unset it ` +
      'to run one process',
  );
}
